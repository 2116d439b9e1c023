#include "identity/believed.hpp"

#include <map>
#include <memory>
#include <set>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "cgroup/layouts.hpp"

namespace kcommons::identity {

namespace {

using census::Census;
using census::ContainerNames;
using census::ProcessRecord;
using cgroup::Container;
using cgroup::Placement;
using cgroup::Role;

using ByPid = std::unordered_map<Pid, std::uint32_t>;

ByPid index_of_processes(const Census& census) {
  ByPid by_pid;
  for (std::uint32_t i = 0; i < census.processes.size(); ++i) {
    by_pid.emplace(census.processes[i].pid, i);
  }
  return by_pid;
}

ProcessName name_of(const ProcessRecord& process) {
  return {.pid = process.pid, .start_time = process.start_time};
}

std::string_view leaf_of(const Placement& placement) {
  return std::string_view(placement.path).substr(placement.path.rfind('/') + 1);
}

// The scope that rootless podman makes for itself, PID and all: "podman-1513.scope". What looks
// after the containers is in it too.
bool holds_supervisors(const Placement& placement) {
  const std::string_view leaf = leaf_of(placement);
  return !placement.container && leaf.starts_with("podman-") && leaf.ends_with(".scope");
}

// What nspawn makes with --keep-unit, in whatever cgroup it was started: two of them make it once.
bool is_payload(const Placement& placement) {
  return !placement.container && leaf_of(placement) == "payload";
}

// Of the host's root, whom nobody in a container can be.
bool is_root(const ProcessRecord& process, const Census& census) {
  if (process.user_ns == census::kNoIndex) return false;
  return census.user_namespaces[process.user_ns].inode == kInitialUserNs &&
         process.real_uid == Uid(0) && process.effective_uid == Uid(0);
}

// Files that only root can write.
bool is_of_root(Source source) {
  return source == Source::kBundle || source == Source::kRuntimeState ||
         source == Source::kMachines;
}

// The highest cgroup of the container that this one, of its first process, is of. A machine of
// nspawn has all of its payload, where its own systemd makes a cgroup for each unit and moves
// itself to one of them.
std::string_view top_of(const Placement& placement) {
  const std::string_view path = placement.path;
  if (placement.container->runtime != cgroup::Runtime::kSystemdNspawn) return path;
  constexpr std::string_view kPayload = "/payload/";
  const auto at = path.rfind(kPayload);
  return at == std::string_view::npos ? path : path.substr(0, at + kPayload.size() - 1);
}

class Believer final {
 public:
  Believer(const std::vector<const Answer*>& answers, Census& census)
      : answers_(answers), census_(census), by_pid_(index_of_processes(census)) {}

  void run();

 private:
  void forget_impostors();
  void learn_containers();
  [[nodiscard]] bool is_believed(const Placement& placement, const Answer& answer) const;
  void place_below();
  void place_helper(const Helper& helper, const std::optional<Container>& of);
  void place_claim(const Claim& claim);
  [[nodiscard]] bool descends_from(std::uint32_t process, Pid ancestor) const;
  std::uint32_t placement_for(std::uint32_t before, const Container& container, Role role);
  void name(const Container& container, const Facts& facts);
  [[nodiscard]] const ProcessRecord* process(const ProcessName& name) const;

  const std::vector<const Answer*>& answers_;
  Census& census_;
  ByPid by_pid_;
  std::set<std::string> told_by_path_;         // ids
  std::map<std::string, Container> by_claim_;  // cgroup path → what evidence alone tells
  // Placements, by what they are made of.
  std::map<std::tuple<std::uint32_t, census::ContainerKey, Role>, std::uint32_t> added_;
};

const ProcessRecord* Believer::process(const ProcessName& name) const {
  const auto at = by_pid_.find(name.pid);
  if (at == by_pid_.end()) return nullptr;
  const ProcessRecord& record = census_.processes[at->second];
  return record.start_time == name.start_time ? &record : nullptr;
}

// A path without any known form. Files that only root can write tell it, or a process that looks
// after it: of root, or of the user in whose own session it is.
bool Believer::is_believed(const Placement& placement, const Answer& answer) const {
  if (placement.path.empty() || placement.path == "/") return false;
  if (told_by_path_.contains(answer.container->id)) return false;
  for (const Evidence& evidence : answer.trace) {
    if (evidence.error.empty() && is_of_root(evidence.source)) return true;
  }
  if (!answer.helper) return placement.session_uid.has_value();
  const ProcessRecord* const helper = process(answer.helper->process);
  if (helper == nullptr) return false;
  return is_root(*helper, census_) || placement.session_uid == helper->real_uid.value();
}

// A user may call a cgroup of their own session what root's containers are called, and would be
// booked as one of them.
void Believer::forget_impostors() {
  const auto is_of_user = [](const Placement& placement) {
    return placement.session_uid.value_or(0) != 0;
  };
  std::set<census::ContainerKey> of_root;
  for (const Placement& placement : census_.placements) {
    if (!placement.container || placement.role == Role::kRuntime || is_of_user(placement)) continue;
    of_root.insert(census::key_of(*placement.container));
  }
  for (Placement& placement : census_.placements) {
    if (!placement.container || !is_of_user(placement)) continue;
    if (!of_root.contains(census::key_of(*placement.container))) continue;
    Placement plain = cgroup::resolve_path(placement.path, cgroup::Layouts());
    placement.container.reset();
    placement.parent.reset();
    placement.role = Role::kWorkload;
    placement.unit = std::move(plain.unit);
    placement.slice = std::move(plain.slice);
  }
}

void Believer::learn_containers() {
  for (std::size_t i = 0; i < answers_.size(); ++i) {
    const Answer* const answer = answers_[i];
    if (answer == nullptr || !answer->container) continue;
    Placement& placement = census_.placements[i];
    if (placement.container) {
      placement.container->runtime = answer->container->runtime;
      placement.container->space = answer->container->space;
    } else if (is_believed(placement, *answer)) {
      placement.container = answer->container;
      placement.unit.clear();
      by_claim_.emplace(top_of(placement), *answer->container);
    } else {
      continue;
    }
    name(*placement.container, answer->names);
  }
}

// What stands in a cgroup below one that only evidence tells belongs to it too.
void Believer::place_below() {
  for (Placement& placement : census_.placements) {
    if (placement.container || by_claim_.empty()) continue;
    for (auto end = placement.path.rfind('/'); end != std::string::npos && end > 0;
         end = placement.path.rfind('/', end - 1)) {
      const auto at = by_claim_.find(placement.path.substr(0, end));
      if (at == by_claim_.end()) continue;
      placement.container = at->second;
      placement.unit.clear();
      break;
    }
  }
}

// A user may call any program of his conmon, but not make it work for somebody else's container.
void Believer::place_helper(const Helper& helper, const std::optional<Container>& of) {
  const ProcessRecord* const found = process(helper.process);
  if (found == nullptr) return;
  const bool works_for_its_child =
      of && of->id == helper.container.id && of->space == helper.container.space;
  if (!works_for_its_child && !is_root(*found, census_)) return;
  if (census_.placements[found->placement].container) return;
  census_.processes[by_pid_.at(helper.process.pid)].placement =
      placement_for(found->placement, helper.container, Role::kRuntime);
}

// The same cgroup, as a container's.
std::uint32_t Believer::placement_for(std::uint32_t before, const Container& container, Role role) {
  const auto next = static_cast<std::uint32_t>(census_.placements.size());
  const auto [at, is_new] =
      added_.emplace(std::tuple(before, census::key_of(container), role), next);
  if (is_new) {
    Placement placement = census_.placements[before];
    placement.container = container;
    placement.role = role;
    placement.unit.clear();
    census_.placements.push_back(std::move(placement));
  }
  return at->second;
}

bool Believer::descends_from(std::uint32_t process, Pid ancestor) const {
  // Parents are older, so the way up ends; PIDs of a census that was long may still lie.
  for (int depth = 0; depth < 64; ++depth) {
    const ProcessRecord& record = census_.processes[process];
    if (record.pid == ancestor) return true;
    const auto parent = by_pid_.find(record.parent);
    if (parent == by_pid_.end() || parent->second == process) return false;
    process = parent->second;
  }
  return false;
}

// Of root, or within the session of the user whose conmon it is.
void Believer::place_claim(const Claim& claim) {
  const ProcessRecord* const init = process(claim.init);
  const ProcessRecord* const helper = process(claim.helper.process);
  if (init == nullptr || helper == nullptr) return;
  const std::uint32_t shared = init->placement;
  const Container& container = claim.helper.container;
  const Placement& placement = census_.placements[shared];
  if (placement.container || told_by_path_.contains(container.id)) return;
  const bool is_own_session = placement.session_uid == helper->real_uid.value();
  if (!is_own_session && !is_root(*helper, census_)) return;
  const std::uint32_t workload = placement_for(shared, container, Role::kWorkload);
  for (std::uint32_t i = 0; i < census_.processes.size(); ++i) {
    if (census_.processes[i].placement != shared) continue;
    if (descends_from(i, claim.init.pid)) census_.processes[i].placement = workload;
  }
  name(container, claim.names);
  place_helper(claim.helper, container);
}

void Believer::name(const Container& container, const Facts& facts) {
  auto& names = census_.names[census::key_of(container)];
  if (names) return;  // a cgroup of the same container has told it already
  ContainerNames told{.container = facts.container,
                      .pod = facts.pod,
                      .pod_namespace = facts.pod_namespace,
                      .pod_uid = facts.pod_uid,
                      .image = facts.image,
                      .compose_project = facts.compose_project,
                      .compose_service = facts.compose_service,
                      .sandbox = facts.sandbox.value_or(false),
                      .labels = facts.labels};
  names = std::make_shared<const ContainerNames>(std::move(told));
}

void Believer::run() {
  forget_impostors();
  for (const Placement& placement : census_.placements) {
    if (placement.container) told_by_path_.insert(placement.container->id);
  }
  learn_containers();
  place_below();
  for (std::size_t i = 0; i < answers_.size(); ++i) {
    if (answers_[i] == nullptr) continue;
    if (answers_[i]->helper) {
      place_helper(*answers_[i]->helper, census_.placements[i].container);
    }
    for (const Claim& claim : answers_[i]->claims) place_claim(claim);
  }
}

}  // namespace

std::vector<Question> questions_of(const Census& census) {
  constexpr std::size_t kMostMembers = 256;
  const ByPid by_pid = index_of_processes(census);
  std::vector<Question> questions(census.placements.size());
  for (const ProcessRecord& process : census.processes) {
    Question& question = questions[process.placement];
    const auto parent = by_pid.find(process.parent);
    const ProcessRecord* const parent_record =
        parent == by_pid.end() ? nullptr : &census.processes[parent->second];
    const bool is_first = question.oldest == ProcessName();  // processes come by age
    if (is_first) question.oldest = name_of(process);
    if (parent_record == nullptr || parent_record->pid == Pid(1)) continue;
    const Placement& placement = census.placements[process.placement];
    const bool is_child = parent_record->placement == process.placement;
    if (is_first && !is_child) question.parent = name_of(*parent_record);
    const bool may_be_first = is_child ? holds_supervisors(placement) : is_payload(placement);
    if (!may_be_first || question.members.size() == kMostMembers) continue;
    question.members.push_back({.process = name_of(process), .parent = name_of(*parent_record)});
  }
  for (std::size_t i = 0; i < questions.size(); ++i) {
    const Placement& placement = census.placements[i];
    // What a container has within it, the host's files do not know.
    if (placement.parent) {
      questions[i] = {};
      continue;
    }
    questions[i].container = placement.container;
    questions[i].cgroup_path = placement.path;
    if (placement.session_uid) questions[i].session = Uid(*placement.session_uid);
  }
  return questions;
}

void believe(const std::vector<const Answer*>& answers, Census& census) {
  Believer(answers, census).run();
}

}  // namespace kcommons::identity
