#include "report/explain.hpp"

#include <algorithm>
#include <utility>

#include "base/text.hpp"
#include "report/pool_rows.hpp"

namespace kcommons::report {

namespace {

using attribution::By;
using attribution::Holder;
using attribution::is_container;
using census::Census;
using census::ProcessRecord;

// --- what was asked for -----------------------------------------------------------------------

const ProcessRecord* process_of(const Census& census, std::string_view subject) {
  const auto pid = text::parse_number<Pid::rep>(subject);
  if (!pid) return nullptr;
  const auto at = std::ranges::find(census.processes, Pid(*pid), &ProcessRecord::pid);
  return at == census.processes.end() ? nullptr : &*at;
}

// "shop/web-1/nginx" is asked for by its last parts too: "web-1/nginx", "nginx".
bool is_called(const Holder& holder, std::string_view subject) {
  const std::string whole = holder.pod_namespace + "/" + holder.pod + "/" + holder.container;
  return std::string_view(whole).ends_with("/" + std::string(subject)) || whole == subject ||
         holder.container == subject ||
         (!holder.compose_service.empty() &&
          holder.compose_project + "/" + holder.compose_service == subject);
}

bool is_meant(const Holder& holder, std::string_view subject) {
  constexpr std::size_t kShortest = 4;
  if (!is_container(holder) || subject.empty()) return false;
  if (holder.container_id == subject || is_called(holder, subject)) return true;
  return subject.size() >= kShortest && holder.container_id.starts_with(subject);
}

// --- what is known of it ----------------------------------------------------------------------

// Of a container that only a claim tells, the cgroup says nothing.
bool tells_of(const identity::Told& told, const Holder& holder) {
  const identity::Answer& answer = *told.answer;
  if (answer.container && answer.container->id == holder.container_id) {
    return answer.container->space == holder.space;
  }
  return std::ranges::any_of(answer.claims, [&](const identity::Claim& claim) {
    return claim.helper.container.id == holder.container_id;
  });
}

identity::Evidence evidence_of_path(const Holder& holder) {
  identity::Facts facts;
  facts.id = holder.container_id;
  facts.container = holder.named ? holder.container : "";
  return {.source = identity::Source::kCgroup, .where = holder.cgroup, .facts = facts, .error = {}};
}

// Several cgroups of a container may have led to the same file.
identity::Trace trace_of(const std::vector<identity::Told>& told, const Holder& holder) {
  identity::Trace trace;
  if (!is_container(holder)) return trace;
  // Within a container, the files of the host tell nothing.
  if (!holder.parent_id.empty()) return {evidence_of_path(holder)};
  for (const identity::Told& one : told) {
    if (!tells_of(one, holder)) continue;
    for (const identity::Evidence& evidence : one.answer->trace) {
      const bool is_known = std::ranges::any_of(trace, [&](const identity::Evidence& other) {
        return other.source == evidence.source && other.where == evidence.where;
      });
      if (!is_known) trace.push_back(evidence);
    }
  }
  std::ranges::stable_sort(trace, {}, &identity::Evidence::source);
  if (trace.empty()) trace.push_back(evidence_of_path(holder));
  return trace;
}

std::vector<ExplainedRow> rows_of(const Top& top, const TopWho& wanted) {
  const auto is_wanted = [&](const TopWho& who) {
    if (who.kind != wanted.kind || who.pid != wanted.pid) return false;
    return who.container_id == wanted.container_id && who.runtime == wanted.runtime &&
           who.pod_namespace == wanted.pod_namespace && who.unit == wanted.unit;
  };
  std::vector<ExplainedRow> rows;
  for (const TopRow& row : top.rows) {
    if (is_wanted(top.who[row.who])) rows.push_back({.pool = top.pools[row.pool], .row = row});
  }
  return rows;
}

std::string userns_of(const Census& census, const ProcessRecord& process) {
  if (process.user_ns == census::kNoIndex) return {};
  const UserNsInode inode = census.user_namespaces[process.user_ns].inode;
  return inode == kInitialUserNs ? "initial" : std::to_string(inode.value());
}

// --- answers ----------------------------------------------------------------------------------

class Explainer final {
 public:
  Explainer(const Census& census, const attribution::Snapshot& snapshot,
            const std::vector<identity::Told>& told, const TopSource& source)
      : census_(census), snapshot_(snapshot), told_(told), source_(source) {}

  Explanation by_process(const ProcessRecord& process);
  Explanation by_container(std::string_view subject);

 private:
  [[nodiscard]] Top top_by(By by) const {
    return make_top(census_, snapshot_, source_, {.resources = {}, .by = by, .order = {}});
  }
  static Explanation begin(const Top& top) {
    return {.source = top.source,
            .source_reason = top.source_reason,
            .complete = top.complete,
            .warnings = top.warnings,
            .answers = {}};
  }
  [[nodiscard]] Holder holder_of(const cgroup::Placement& placement) const;

  const Census& census_;
  const attribution::Snapshot& snapshot_;
  const std::vector<identity::Told>& told_;
  const TopSource& source_;
};

Holder Explainer::holder_of(const cgroup::Placement& placement) const {
  const auto& container = placement.container;
  const std::string parent = placement.parent ? placement.parent->id : "";
  const auto at = std::ranges::find_if(snapshot_.holders, [&](const Holder& holder) {
    if (!container) return !is_container(holder) && holder.unit == placement.unit;
    return holder.container_id == container->id && holder.parent_id == parent &&
           holder.runtime == cgroup::name_of(container->runtime) &&
           holder.space == container->space;
  });
  return at == snapshot_.holders.end() ? Holder{} : *at;
}

Explanation Explainer::by_process(const ProcessRecord& process) {
  const Top top = top_by(By::kProcess);
  const cgroup::Placement& placement = census_.placements[process.placement];
  Explanation explanation = begin(top);
  Explained answer;
  answer.holder = holder_of(placement);
  answer.trace = trace_of(told_, answer.holder);
  answer.process = ExplainedProcess{.who = {.kind = TopWho::Kind::kProcess,
                                            .container_id = answer.holder.container_id,
                                            .runtime = answer.holder.runtime,
                                            .pod_namespace = answer.holder.pod_namespace,
                                            .unit = answer.holder.unit,
                                            .uid = std::to_string(process.effective_uid.value()),
                                            .pid = process.pid,
                                            .start_time = process.start_time},
                                    .parent = process.parent,
                                    .cgroup = placement.path,
                                    .role = placement.role,
                                    .userns = userns_of(census_, process)};
  answer.rows = rows_of(top, answer.process->who);
  explanation.answers.push_back(std::move(answer));
  return explanation;
}

Explanation Explainer::by_container(std::string_view subject) {
  const Top top = top_by(By::kContainer);
  Explanation explanation = begin(top);
  for (const Holder& holder : snapshot_.holders) {
    if (!is_meant(holder, subject)) continue;
    const TopWho who{.kind = TopWho::Kind::kContainer,
                     .container_id = holder.container_id,
                     .runtime = holder.runtime,
                     .pod_namespace = holder.pod_namespace};
    explanation.answers.push_back({.process = {},
                                   .holder = holder,
                                   .trace = trace_of(told_, holder),
                                   .rows = rows_of(top, who)});
  }
  return explanation;
}

}  // namespace

Explanation explain(const Census& census, const attribution::Snapshot& snapshot,
                    const std::vector<identity::Told>& told, const TopSource& source,
                    std::string_view subject) {
  Explainer explainer(census, snapshot, told, source);
  const ProcessRecord* const process = process_of(census, subject);
  return process != nullptr ? explainer.by_process(*process) : explainer.by_container(subject);
}

}  // namespace kcommons::report
