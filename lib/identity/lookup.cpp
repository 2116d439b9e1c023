#include "identity/lookup.hpp"

#include <algorithm>
#include <utility>

#include "identity/docker_config.hpp"
#include "identity/mounts.hpp"
#include "identity/oci_config.hpp"
#include "procfs/file_reader.hpp"
#include "procfs/process_dir.hpp"
#include "procfs/stat.hpp"

namespace kcommons::identity {

namespace {

using cgroup::Container;
using cgroup::Runtime;

constexpr std::size_t kProcLimit = std::size_t{256} << 10U;

// A file of a process that is still the same; empty where it is gone.
Result<std::string> read_of_process(const procfs::ProcRoot& root, const ProcessName& name,
                                    const char* file) {
  std::string buffer;
  const auto process = procfs::ProcessDir::open(root, name.pid);
  if (!process) return fail(process.error());
  const auto stat = procfs::read_stat(*process, buffer);
  if (!stat) return fail(stat.error());
  if (stat->start_time != name.start_time) {
    return fail(Error::from_errno(ESRCH, process->name() + " is another process now"));
  }
  const auto text = procfs::read_file(process->fd(), file, buffer, kProcLimit);
  if (!text) return fail(process->explain(text.error()));
  return std::string(*text);
}

std::string name_of(const ProcessName& process) {
  return "process " + std::to_string(process.pid.value());
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

// One question and what was found so far.
class Lookup::Case final {
 public:
  Case(Lookup& lookup, const Question& question) : lookup_(lookup), question_(question) {}

  Answer answer() &&;

 private:
  [[nodiscard]] bool is_off(Source source) const { return lookup_.options_.off.contains(source); }
  void take_path();
  void take_bundle();
  void take_docker();
  void take_crio();
  void take_podman();
  void take_machine();
  void take_kubelet_log();
  void take_parent();
  void take_mounts();
  void take_members();
  std::vector<std::pair<const Member*, SupervisedBy>> supervised_members();
  bool shares_payload(const SupervisedBy& oldest);
  void name_helper(const SupervisedBy& supervised);
  void found(Source source, std::string where, Facts facts);
  void found(Lists::Found evidence);
  void failed(Source source, std::string where, const Error& error);
  [[nodiscard]] bool may_be(Runtime runtime) const;
  [[nodiscard]] bool is_named() const;

  Lookup& lookup_;
  const Question& question_;
  Answer answer_;
};

void Lookup::Case::found(Source source, std::string where, Facts facts) {
  complete(answer_.names, facts);
  answer_.trace.push_back(
      {.source = source, .where = std::move(where), .facts = std::move(facts), .error = {}});
}

void Lookup::Case::found(Lists::Found evidence) {
  if (evidence != nullptr) found(evidence->source, evidence->where, evidence->facts);
}

void Lookup::Case::failed(Source source, std::string where, const Error& error) {
  if (error.kind() != ErrorKind::kGone) lookup_.failures_.count(source);
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
  if (!answer_.container) {
    answer_.container =
        Container{.runtime = bundle->facts.runtime.value_or(Runtime::kOci), .id = bundle->facts.id};
  }
  found(bundle->source, bundle->where, bundle->facts);
}

void Lookup::Case::take_docker() {
  if (is_off(Source::kDocker) || !may_be(Runtime::kDocker)) return;
  std::string where;
  const auto text = lookup_.read_first(lookup_.lists_.docker_roots(), "/containers",
                                       {answer_.container->id, "config.v2.json"}, where);
  auto facts = text ? parse_docker_config(*text) : Result<Facts>(fail(text.error()));
  if (!facts) {
    failed(Source::kDocker, std::move(where), facts.error());
    return;
  }
  if (facts->id != answer_.container->id) {
    failed(Source::kDocker, std::move(where),
           Error::malformed("hold its ID against the cgroup", facts->id));
    return;
  }
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
  // With --keep-unit its unit is a service, which holds nspawn itself too, in another cgroup.
  const std::string payload = "/" + machine->facts.cgroup_path + "/payload";
  if (!answer_.container) {
    if (question_.cgroup_path.find(payload) == std::string::npos) return;
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

// In which an id of containerd is unique.
std::string space_of(const Facts& facts) {
  return facts.runtime == Runtime::kContainerd ? facts.pod_namespace : std::string();
}

// The runtime whose name a shim gives its containerd.
Runtime runtime_of_shim(const Facts& facts) {
  if (facts.pod_namespace == "moby") return Runtime::kDocker;
  if (facts.pod_namespace == "k8s.io") return Runtime::kContainerdCri;
  return facts.pod_namespace == "buildkit" ? Runtime::kBuildkit : Runtime::kContainerd;
}

void Lookup::Case::name_helper(const SupervisedBy& supervised) {
  Container of;
  if (supervised.supervisor == Supervisor::kShim) {
    of = {.runtime = runtime_of_shim(supervised.facts), .id = supervised.facts.id};
    if (of.runtime == Runtime::kContainerd) of.space = supervised.facts.pod_namespace;
  } else if (answer_.container) {
    // One of its container alone: it is told by what it looks after, not by what it says.
    of = {.runtime = answer_.container->runtime, .id = answer_.container->id};
  } else {
    return;
  }
  answer_.helper = Helper{.process = *question_.parent, .container = std::move(of)};
}

// The oldest process is of one machine, and its cgroup of several.
bool Lookup::Case::shares_payload(const SupervisedBy& oldest) {
  if (oldest.supervisor != Supervisor::kNspawn) return false;
  return std::ranges::any_of(supervised_members(), [&](const auto& member) {
    return member.second.supervisor == Supervisor::kNspawn &&
           member.second.facts.id != oldest.facts.id;
  });
}

void Lookup::Case::take_parent() {
  if (is_off(Source::kParent) || !question_.parent || !lookup_.procfs_) return;
  std::string where = name_of(*question_.parent);
  const auto text = read_of_process(*lookup_.procfs_, *question_.parent, "cmdline");
  if (!text) {
    failed(Source::kParent, std::move(where), text.error());
    return;
  }
  const auto supervised = parse_command_line(*text);
  if (!supervised || shares_payload(*supervised)) return;
  Facts facts = supervised->facts;
  const bool is_shim = supervised->supervisor == Supervisor::kShim;
  if (is_shim) facts.runtime = runtime_of_shim(facts);
  // A pod's shim looks after all its containers, and says the sandbox's id of each.
  const bool is_of_pod = is_shim && facts.runtime == Runtime::kContainerdCri;
  if (is_shim && facts.runtime != Runtime::kContainerd) facts.pod_namespace.clear();
  if (!answer_.container && !is_of_pod) {
    const Runtime runtime = facts.runtime.value_or(Runtime::kPodman);
    answer_.container = Container{.runtime = runtime, .id = facts.id};
  }
  // The same id in another namespace of containerd is another container.
  const bool is_same_space = facts.runtime != Runtime::kContainerd ||
                             answer_.names.pod_namespace.empty() ||
                             answer_.names.pod_namespace == facts.pod_namespace;
  if (answer_.container && answer_.container->id == facts.id && is_same_space) {
    found(Source::kParent, std::move(where), std::move(facts));
  }
  name_helper(*supervised);
}

void Lookup::Case::take_mounts() {
  if (is_off(Source::kMounts) || answer_.container || !lookup_.procfs_) return;
  // Only where a container is likely: in a mount namespace of its own there would be no end of
  // asking.
  if (!question_.session) return;
  std::string where = name_of(question_.oldest);
  const auto text = read_of_process(*lookup_.procfs_, question_.oldest, "mountinfo");
  if (!text) {
    failed(Source::kMounts, std::move(where), text.error());
    return;
  }
  Facts facts = parse_mounts(*text);
  if (facts.id.empty()) return;
  answer_.container = Container{.runtime = facts.runtime.value_or(Runtime::kOci), .id = facts.id};
  found(Source::kMounts, std::move(where), std::move(facts));
}

// Who each parent of a member says that it works for, in the order of the members.
std::vector<std::pair<const Member*, SupervisedBy>> Lookup::Case::supervised_members() {
  std::map<Pid, std::optional<SupervisedBy>> by_parent;
  std::vector<std::pair<const Member*, SupervisedBy>> found;
  for (const Member& member : question_.members) {
    const auto [at, is_new] = by_parent.try_emplace(member.parent.pid);
    if (is_new) {
      const auto text = read_of_process(*lookup_.procfs_, member.parent, "cmdline");
      if (text) at->second = parse_command_line(*text);
      if (!text) failed(Source::kParent, name_of(member.parent), text.error());
    }
    if (at->second) found.emplace_back(&member, *at->second);
  }
  return found;
}

// Rootless podman without systemd leaves conmon and container in the cgroup that it was started in,
// and machines of nspawn that were started in one cgroup share their payload.
void Lookup::Case::take_members() {
  if (is_off(Source::kParent) || answer_.container || !lookup_.procfs_) return;
  for (const auto& [member, supervised] : supervised_members()) {
    const bool is_conmon = supervised.supervisor == Supervisor::kConmon;
    if (!is_conmon && supervised.supervisor != Supervisor::kNspawn) continue;
    Facts facts = supervised.facts;
    if (is_conmon) facts.runtime = Runtime::kPodman;
    const Container container{.runtime = *facts.runtime, .id = facts.id};
    if (is_conmon && !is_off(Source::kPodman)) {
      for (const Evidence& stored : lookup_.lists_.podman(facts.id, question_.session)) {
        complete(facts, stored.facts);
      }
    }
    answer_.trace.push_back(
        {.source = Source::kParent, .where = name_of(member->parent), .facts = facts, .error = {}});
    answer_.claims.push_back({.init = member->process,
                              .helper = {.process = member->parent, .container = container},
                              .names = std::move(facts)});
  }
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
      bundles_(options_.rootfs, options_.roots),
      lists_(options_.rootfs, options_.roots, failures_) {
  if (auto root = procfs::ProcRoot::open(options_.procfs)) procfs_ = std::move(*root);
}

void Lookup::refresh() {
  bundles_.refresh(failures_);
  lists_.refresh();
}

Answer Lookup::ask(const Question& question) {
  return Case(*this, question).answer();
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
