#include "identity/lookup.hpp"

#include <algorithm>
#include <utility>

#include "identity/docker_config.hpp"
#include "identity/lookup_case.hpp"
#include "identity/oci_config.hpp"

namespace kcommons::identity {

namespace {

using cgroup::Container;
using cgroup::Runtime;

// In which an id of containerd is unique.
std::string space_of(const Facts& facts) {
  return facts.runtime == Runtime::kContainerd ? facts.pod_namespace : std::string();
}

bool is_of_kubernetes(const Facts& facts) {
  return !facts.pod_uid.empty();
}

// What anybody may set as a label is believed of a pod only where the cgroup says the same.
void forget_pod(Facts& facts) {
  facts.pod.clear();
  facts.pod_namespace.clear();
  facts.pod_uid.clear();
  facts.sandbox.reset();
  facts.sandbox_id.clear();
}

}  // namespace

void Lookup::Case::found(Source source, std::string where, Facts facts) {
  keep_labels(facts, lookup_.options_.labels);
  complete(answer_.names, facts);
  answer_.trace.push_back(
      {.source = source, .where = std::move(where), .facts = std::move(facts), .error = {}});
}

void Lookup::Case::found(Lists::Found evidence) {
  if (evidence != nullptr) found(evidence->source, evidence->where, evidence->facts);
}

void Lookup::Case::failed(Source source, std::string where, const Error& error) {
  lookup_.failures_.count(source, error);
  answer_.trace.push_back(
      {.source = source, .where = std::move(where), .facts = {}, .error = error.message()});
}

// Where the path does not tell whose a container is, all that could be are asked.
bool Lookup::Case::may_be(Runtime runtime) const {
  if (!answer_.container) return false;
  return answer_.container->runtime == runtime || answer_.container->runtime == Runtime::kOci;
}

bool Lookup::Case::is_named() const {
  if (!answer_.container) return true;
  return !answer_.names.container.empty() || answer_.names.sandbox == true;
}

void Lookup::Case::take_path() {
  if (!question_.container) return;
  answer_.container = question_.container;
  Facts facts;
  if (question_.container->runtime != Runtime::kOci) facts.runtime = question_.container->runtime;
  facts.id = question_.container->id;
  facts.container = safe_text(question_.container->name);
  facts.pod_uid = safe_text(question_.container->pod_uid);
  found(Source::kCgroup, question_.cgroup_path, std::move(facts));
}

void Lookup::Case::take_bundle() {
  if (is_off(Source::kBundle)) return;
  const Evidence* const bundle =
      answer_.container ? lookup_.bundles_.find(answer_.container->id, question_.cgroup_path)
                        : lookup_.bundles_.find_in(question_.cgroup_path);
  if (bundle == nullptr) return;
  if (is_of_dead(bundle->facts)) {
    failed(bundle->source, bundle->where, Error::from_errno(ESRCH, "find its first process"));
    return;
  }
  if (!answer_.container) {
    answer_.container =
        Container{.runtime = bundle->facts.runtime.value_or(Runtime::kOci), .id = bundle->facts.id};
  }
  if (answer_.container->runtime == Runtime::kContainerdCri &&
      bundle->facts.runtime == Runtime::kDocker) {
    take_for_docker();
  }
  found(bundle->source, bundle->where, bundle->facts);
}

// On cgroupfs, what cri-dockerd makes in a pod's cgroup stands where containerd's would.
void Lookup::Case::take_for_docker() {
  answer_.container->runtime = Runtime::kDocker;
  answer_.names.runtime = Runtime::kDocker;
}

// So it does, and no bundle tells whose it is.
bool Lookup::Case::is_bare_in_pod() const {
  if (!answer_.container || answer_.container->runtime != Runtime::kContainerdCri) return false;
  const bool has_bundle = std::ranges::any_of(
      answer_.trace, [](const Evidence& evidence) { return evidence.source == Source::kBundle; });
  return !has_bundle && question_.cgroup_path.ends_with('/' + answer_.container->id);
}

void Lookup::Case::take_docker() {
  const bool is_guess = is_bare_in_pod();
  if (is_off(Source::kDocker) || !(is_guess || may_be(Runtime::kDocker))) return;
  std::string where;
  const auto text = lookup_.read_first(lookup_.lists_.docker_roots(), "/containers",
                                       {answer_.container->id, "config.v2.json"}, where);
  auto facts = text ? parse_docker_config(*text) : Result<Facts>(fail(text.error()));
  if (!facts) {
    if (!is_guess) failed(Source::kDocker, std::move(where), facts.error());
    return;
  }
  if (facts->id != answer_.container->id) {
    failed(Source::kDocker, std::move(where),
           Error::malformed("hold its ID against the cgroup", facts->id));
    return;
  }
  if (is_guess) take_for_docker();
  if (is_of_kubernetes(*facts) && facts->pod_uid != answer_.container->pod_uid) forget_pod(*facts);
  found(Source::kDocker, std::move(where), std::move(*facts));
}

void Lookup::Case::take_crio() {
  if (is_off(Source::kCriO) || !may_be(Runtime::kCriO)) return;
  if (answer_.names.runtime && answer_.names.runtime != Runtime::kCriO) return;
  std::string where;
  const auto text = lookup_.read_first(lookup_.options_.roots.cri_o, "/overlay-containers",
                                       {answer_.container->id, "userdata", "config.json"}, where);
  auto facts =
      text ? parse_oci_config(*text, Annotations::kOfCri) : Result<Facts>(fail(text.error()));
  if (!facts) {
    failed(Source::kCriO, std::move(where), facts.error());
    return;
  }
  found(Source::kCriO, std::move(where), std::move(*facts));
}

void Lookup::Case::take_podman() {
  if (is_off(Source::kPodman) || !may_be(Runtime::kPodman)) return;
  if (answer_.names.runtime && answer_.names.runtime != Runtime::kPodman) return;
  for (Evidence& evidence : lookup_.lists_.podman(answer_.container->id, question_.session)) {
    found(evidence.source, std::move(evidence.where), std::move(evidence.facts));
  }
}

// A machine that is registered in a unit of its own name, or that of a service.
void Lookup::Case::take_machine() {
  if (is_off(Source::kMachines)) return;
  const Runtime runtime = Runtime::kSystemdNspawn;
  if (answer_.container && answer_.container->runtime != runtime) return;
  const Lists::Found machine = lookup_.lists_.machine(question_.cgroup_path);
  if (machine == nullptr || machine->facts.runtime != runtime) return;
  // With --keep-unit its unit is a service, which holds nspawn itself too, in another cgroup. A
  // user may call a service of theirs the same, and make such a cgroup in it.
  const std::string payload = "/" + machine->facts.cgroup_path + "/payload";
  if (!answer_.container) {
    if (question_.session || question_.cgroup_path.find(payload) == std::string::npos) return;
    answer_.container = Container{.runtime = runtime, .id = machine->facts.id};
  }
  if (answer_.container->id == machine->facts.id) found(machine);
}

// What kubelet calls a container of any CRI.
void Lookup::Case::take_kubelet_log() {
  if (is_off(Source::kKubeletLogs) || !answer_.container) return;
  if (answer_.container->pod_uid.empty()) return;
  found(lookup_.lists_.kubelet_log(answer_.container->id));
}

Answer Lookup::Case::answer() && {
  take_path();
  take_bundle();
  take_docker();
  take_crio();
  take_parent();
  take_mounts();
  take_members();
  take_podman();
  take_machine();
  take_kubelet_log();
  if (answer_.container) {
    Container& container = *answer_.container;
    if (container.runtime == Runtime::kOci && answer_.names.runtime) {
      container.runtime = *answer_.names.runtime;
    }
    answer_.names.runtime = container.runtime;
    container.space = space_of(answer_.names);
  }
  answer_.complete = is_named();
  return std::move(answer_);
}

Lookup::Lookup(Options options)
    : options_(std::move(options)),
      bundles_(options_.rootfs, options_.roots, options_.labels),
      lists_(options_.rootfs, options_.roots, failures_) {}

void Lookup::refresh() {
  passing_before_ = failures_.passing();
  open_procfs();
  bundles_.refresh(failures_);
  lists_.refresh();
}

// It was full, or not mounted yet, when it was tried before.
void Lookup::open_procfs() {
  if (procfs_) return;
  if (auto root = procfs::ProcRoot::open(options_.procfs)) {
    procfs_ = std::move(*root);
  } else {
    failures_.count(Source::kParent, root.error());
  }
}

// What was read for one question serves the next ones too.
Answer Lookup::ask(const Question& question) {
  Answer answer = Case(*this, question).answer();
  if (failures_.passing() != passing_before_) answer.complete = false;
  return answer;
}

// The first of the folders that has it.
Result<std::string> Lookup::read_first(const std::vector<std::string>& roots, const char* below,
                                       const std::vector<std::string_view>& names,
                                       std::string& where) const {
  Error last = Error::from_errno(ENOENT, "find a folder of the runtime");
  for (const std::string& root : roots) {
    const auto folder = HostFolder::open(options_.rootfs, root + below);
    if (!folder) {
      where = root + below;
      last = folder.error();
      continue;
    }
    where = folder->name_of(names);
    auto text = folder->read(names);
    if (text) return text;
    last = text.error();
  }
  return fail(last);
}

}  // namespace kcommons::identity
