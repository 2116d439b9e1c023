#include "identity/believed.hpp"

#include <map>
#include <memory>
#include <set>
#include <unordered_map>
#include <utility>

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

// Of the host's root, whom nobody in a container can be.
bool is_root(const ProcessRecord& process, const Census& census) {
  if (process.user_ns == census::kNoIndex) return false;
  return census.user_namespaces[process.user_ns].inode == kInitialUserNs &&
         process.real_uid == Uid(0) && process.effective_uid == Uid(0);
}

class Believer final {
 public:
  Believer(const std::vector<const Answer*>& answers, const std::vector<std::string>& labels,
           Census& census)
      : answers_(answers), labels_(labels), census_(census), by_pid_(index_of_processes(census)) {}

  void run();

 private:
  void learn_containers();
  [[nodiscard]] bool is_believed(const Placement& placement, const Answer& answer) const;
  void place_below();
  void place_helper(const Helper& helper, const std::optional<Container>& of);
  void name(const Container& container, const Facts& facts);
  [[nodiscard]] const ProcessRecord* process(Pid pid, std::uint64_t start_time) const;

  const std::vector<const Answer*>& answers_;
  const std::vector<std::string>& labels_;
  Census& census_;
  ByPid by_pid_;
  std::set<std::string> told_by_path_;         // ids
  std::map<std::string, Container> by_claim_;  // cgroup path → what evidence alone tells
  std::map<std::pair<std::uint32_t, std::string>, std::uint32_t> helpers_;
};

const ProcessRecord* Believer::process(Pid pid, std::uint64_t start_time) const {
  const auto at = by_pid_.find(pid);
  if (at == by_pid_.end()) return nullptr;
  const ProcessRecord& record = census_.processes[at->second];
  return record.start_time == start_time ? &record : nullptr;
}

// A path without any known form. Files that only root can write tell it, or a process that looks
// after it: of root, or of the user in whose own session it is.
bool Believer::is_believed(const Placement& placement, const Answer& answer) const {
  if (placement.path.empty() || placement.path == "/") return false;
  if (told_by_path_.contains(answer.container->id)) return false;
  for (const Evidence& evidence : answer.trace) {
    if (evidence.source == Source::kBundle || evidence.source == Source::kRuntimeState) return true;
  }
  if (!answer.helper) return placement.session_uid.has_value();
  const ProcessRecord* const helper = process(answer.helper->pid, answer.helper->start_time);
  if (helper == nullptr) return false;
  return is_root(*helper, census_) || placement.session_uid == helper->real_uid.value();
}

void Believer::learn_containers() {
  for (std::size_t i = 0; i < answers_.size(); ++i) {
    const Answer* const answer = answers_[i];
    if (answer == nullptr || !answer->container) continue;
    Placement& placement = census_.placements[i];
    if (placement.container) {
      if (placement.container->runtime == cgroup::Runtime::kOci) {
        placement.container->runtime = answer->container->runtime;
      }
    } else if (is_believed(placement, *answer)) {
      placement.container = answer->container;
      placement.unit.clear();
      by_claim_.emplace(placement.path, *answer->container);
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
  const ProcessRecord* const found = process(helper.pid, helper.start_time);
  if (found == nullptr) return;
  const bool works_for_its_child = of && of->id == helper.container.id;
  if (!works_for_its_child && !is_root(*found, census_)) return;
  const std::uint32_t before = found->placement;
  if (census_.placements[before].container) return;
  const auto next = static_cast<std::uint32_t>(census_.placements.size());
  const auto [at, is_new] = helpers_.emplace(std::pair(before, helper.container.id), next);
  if (is_new) {
    Placement placement = census_.placements[before];
    placement.container = helper.container;
    placement.role = Role::kRuntime;
    placement.unit.clear();
    census_.placements.push_back(std::move(placement));
  }
  census_.processes[by_pid_.at(helper.pid)].placement = at->second;
}

void Believer::name(const Container& container, const Facts& facts) {
  auto& names = census_.names[{container.runtime, container.id}];
  if (names) return;  // a cgroup of the same container has told it already
  ContainerNames told{.container = facts.container,
                      .pod = facts.pod,
                      .pod_namespace = facts.pod_namespace,
                      .pod_uid = facts.pod_uid,
                      .image = facts.image,
                      .compose_project = facts.compose_project,
                      .compose_service = facts.compose_service,
                      .sandbox = facts.sandbox.value_or(false)};
  for (const std::string& label : labels_) {
    const auto at = facts.labels.find(label);
    if (at != facts.labels.end()) told.labels.insert(*at);
  }
  names = std::make_shared<const ContainerNames>(std::move(told));
}

void Believer::run() {
  for (const Placement& placement : census_.placements) {
    if (placement.container) told_by_path_.insert(placement.container->id);
  }
  learn_containers();
  place_below();
  for (std::size_t i = 0; i < answers_.size(); ++i) {
    if (answers_[i] == nullptr || !answers_[i]->helper) continue;
    place_helper(*answers_[i]->helper, census_.placements[i].container);
  }
}

}  // namespace

std::vector<Question> questions_of(const Census& census) {
  const ByPid by_pid = index_of_processes(census);
  std::vector<Question> questions(census.placements.size());
  for (const ProcessRecord& process : census.processes) {
    Question& question = questions[process.placement];
    if (question.oldest != Pid()) continue;  // processes come by age
    question.oldest = process.pid;
    question.oldest_start_time = process.start_time;
    const auto parent = by_pid.find(process.parent);
    if (parent == by_pid.end()) continue;
    const ProcessRecord& record = census.processes[parent->second];
    if (record.placement == process.placement || record.pid == Pid(1)) continue;
    question.parent = record.pid;
    question.parent_start_time = record.start_time;
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

void believe(const std::vector<const Answer*>& answers, const std::vector<std::string>& labels,
             Census& census) {
  Believer(answers, labels, census).run();
}

}  // namespace kcommons::identity
