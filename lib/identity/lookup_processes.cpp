#include <algorithm>
#include <map>
#include <optional>

#include "identity/command_line.hpp"
#include "identity/lookup_case.hpp"
#include "identity/mounts.hpp"
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

// The runtime whose name a shim gives its containerd.
Runtime runtime_of_shim(const Facts& facts) {
  if (facts.pod_namespace == "moby") return Runtime::kDocker;
  if (facts.pod_namespace == "k8s.io") return Runtime::kContainerdCri;
  return facts.pod_namespace == "buildkit" ? Runtime::kBuildkit : Runtime::kContainerd;
}

}  // namespace

// Only where a runtime says when it began: a number alone may be of another PID namespace.
bool Lookup::Case::is_of_dead(const Facts& facts) const {
  if (!facts.init || !facts.init_start_time || !lookup_.procfs_) return false;
  const ProcessName init{.pid = *facts.init, .start_time = *facts.init_start_time};
  const auto text = read_of_process(*lookup_.procfs_, init, "stat");
  return !text && text.error().kind() == ErrorKind::kGone;
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
const Lookup::Case::Supervised& Lookup::Case::supervised_members() {
  if (supervised_) return *supervised_;
  supervised_.emplace();
  std::map<Pid, std::optional<SupervisedBy>> by_parent;
  for (const Member& member : question_.members) {
    const auto [at, is_new] = by_parent.try_emplace(member.parent.pid);
    if (is_new) {
      const auto text = read_of_process(*lookup_.procfs_, member.parent, "cmdline");
      if (text) at->second = parse_command_line(*text);
      if (!text) failed(Source::kParent, name_of(member.parent), text.error());
    }
    if (at->second) supervised_->emplace_back(&member, *at->second);
  }
  return *supervised_;
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
    keep_labels(facts, lookup_.options_.labels);
    answer_.trace.push_back(
        {.source = Source::kParent, .where = name_of(member->parent), .facts = facts, .error = {}});
    answer_.claims.push_back({.init = member->process,
                              .helper = {.process = member->parent, .container = container},
                              .names = std::move(facts)});
  }
}

}  // namespace kcommons::identity
