#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/text.hpp"
#include "report/explain.hpp"
#include "report/format.hpp"
#include "report/pool_rows.hpp"
#include "report/top_cells.hpp"

namespace kcommons::report {

namespace {

using attribution::Holder;

std::string line(std::string_view label, std::string_view text) {
  if (text.empty()) return {};
  return fmt::format("  {:<11}{}\n", label, text::printable(text));
}

std::string user_namespace_text(const ExplainedProcess& process) {
  if (process.userns.empty()) return ", in a user namespace that could not be read";
  return process.userns == "initial" ? std::string() : ", in user namespace " + process.userns;
}

std::string heading_of(const Explained& answer) {
  const Holder& holder = answer.holder;
  std::string text;
  if (answer.process) {
    text = fmt::format("Process {}", answer.process->who.pid.value_or(Pid{}).value());
    if (answer.process->who.command) {
      text += fmt::format(" ({})", text::printable(*answer.process->who.command));
    }
    const bool on_behalf = answer.process->role == cgroup::Role::kRuntime;
    text += on_behalf ? " works on behalf of " : " belongs to ";
  }
  if (holder.kind == Holder::Kind::kHost) {
    return text + fmt::format("host group {}\n", text::printable(holder.unit));
  }
  return text +
         fmt::format("{} container {}\n", text::printable(holder.runtime), holder_name(holder));
}

std::string compose_text(const Holder& holder) {
  if (holder.compose_project.empty()) return {};
  return holder.compose_project + "/" + holder.compose_service;
}

std::string facts_text(const Explained& answer) {
  const Holder& holder = answer.holder;
  std::string text;
  if (answer.process) {
    const ExplainedProcess& process = *answer.process;
    text += line("cgroup", process.cgroup);
    text += line("user", process.who.uid + user_namespace_text(process));
    text += line("parent", std::to_string(process.parent.value()));
  }
  if (holder.kind == Holder::Kind::kHost) return text;
  text += line("id", holder.container_id);
  text += line("name", holder.named ? holder.container : "not known: no evidence below has it");
  text += line("pod", holder.pod);
  text += line("namespace", holder.pod_namespace);
  text += line("pod uid", holder.pod_uid);
  text += line("image", holder.image);
  text += line("compose", compose_text(holder));
  text += line("within", holder.parent_id);
  if (!answer.process) text += line("cgroup", holder.cgroup);
  if (answer.process) return text;
  return text +
         line("processes", fmt::format("{}, and {} of its runtime", holder.workload.processes,
                                       holder.runtime_part.processes));
}

// What one piece of evidence says, as "name eco-web, image busybox".
std::string said(const identity::Evidence& evidence) {
  if (!evidence.error.empty()) return "nothing: " + evidence.error;
  const identity::Facts& facts = evidence.facts;
  std::vector<std::string> parts;
  const auto add = [&](std::string_view what, std::string_view value) {
    if (!value.empty()) parts.push_back(fmt::format("{} {}", what, value));
  };
  if (facts.runtime) add("runtime", cgroup::name_of(*facts.runtime));
  add("id", std::string_view(facts.id).substr(0, 12));
  add("name", facts.container);
  if (facts.sandbox == true) parts.emplace_back("the sandbox of its pod");
  add("pod", facts.pod);
  add("namespace", facts.pod_namespace);
  add("pod uid", facts.pod_uid);
  add("image", facts.image);
  add("compose project", facts.compose_project);
  add("compose service", facts.compose_service);
  add("cgroup", facts.cgroup_path);
  if (facts.init) add("first process", std::to_string(facts.init->value()));
  return parts.empty() ? "nothing" : fmt::format("{}", fmt::join(parts, ", "));
}

// Paths are long, and are pasted elsewhere: each has a line of its own, and what it says below.
std::string trace_text(const identity::Trace& trace) {
  constexpr std::size_t kIndent = 17;
  std::string text;
  for (const identity::Evidence& evidence : trace) {
    if (text.empty()) text = "\nEVIDENCE\n";
    text += fmt::format("  {:<{}}{}\n", identity::name_of(evidence.source), kIndent - 2,
                        text::printable(evidence.where));
    text += std::string(kIndent, ' ') + wrapped(text::printable(said(evidence)), kIndent, kIndent) +
            '\n';
  }
  return text;
}

std::string rows_text(const std::vector<ExplainedRow>& rows, const Paper& paper) {
  if (rows.empty()) return "\nNothing is booked to it.\n";
  Table table(
      {{"BOOKED"}, {"USED", true}, {"BY_RUNTIME", true}, {"LIMIT%", true}, {"SHARE%", true}});
  for (const auto& [pool, row] : rows) {
    table.add({{pool_text(pool)},
               number(row.used),
               number(row.runtime_used),
               percent(row.limit_ratio),
               {percent_text(row.share)}});
  }
  return "\n" + table.text(paper);
}

}  // namespace

std::string explanation_text(const Explanation& explanation, const Paper& paper) {
  std::string text;
  for (const Explained& answer : explanation.answers) {
    if (!text.empty()) text += "\n";
    text += heading_of(answer) + facts_text(answer) + trace_text(answer.trace) +
            rows_text(answer.rows, paper);
  }
  return text;
}

}  // namespace kcommons::report
