#include "report/audit_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "report/format.hpp"
#include "report/growth_text.hpp"

namespace kcommons::report {

namespace {

using Cells = std::vector<Cell>;

constexpr std::size_t kMostNames = 8;
const std::vector<Table::Column> kColumns{{"RESOURCE"},        {"USED", true}, {"LIMIT", true},
                                          {"USE%", true},      {"SCOPE"},      {"TOP HOLDER"},
                                          {"NEIGHBOURS", true}};

std::string top_text(const AuditPool& pool) {
  if (!pool.row.top) return "-";
  return fmt::format("{} ({})", pool.row.top->name, pool.row.top->used);
}

std::string neighbours_text(const AuditPool& pool) {
  return fmt::format("{}", pool.row.container_neighbours + pool.row.host_neighbours);
}

std::array<std::string, 7> texts_of(const AuditPool& pool) {
  return {std::string(catalogue::resource(pool.row.resource).name),
          used_text(pool.row),
          limit_text(pool.row),
          use_text(pool.row),
          scope_text(pool.row),
          top_text(pool),
          neighbours_text(pool)};
}

// Of each resource the fullest pool, and what is found to be full.
std::vector<const AuditPool*> pools_shown(const Audit& audit, const AuditDetail& detail) {
  std::set<catalogue::ResourceId> seen;
  std::set<std::size_t> found;
  for (const Finding& finding : audit.findings) found.insert(finding.pool);
  std::vector<const AuditPool*> shown;
  for (std::size_t i = 0; i < audit.pools.size(); ++i) {
    const AuditPool& pool = audit.pools[i];
    const bool is_first = seen.insert(pool.row.resource).second;
    if (detail.all || is_first || found.contains(i)) shown.push_back(&pool);
  }
  return shown;
}

std::string list(const std::vector<std::string>& names, std::size_t most) {
  std::string text;
  for (std::size_t i = 0; i < names.size() && i < most; ++i) {
    text += (i == 0 ? "" : ", ") + names[i];
  }
  if (names.size() > most) text += fmt::format(" and {} more", names.size() - most);
  return text;
}

std::string list(const std::vector<catalogue::ResourceId>& resources) {
  std::vector<std::string> names;
  names.reserve(resources.size());
  for (const catalogue::ResourceId id : resources) {
    names.emplace_back(catalogue::resource(id).name);
  }
  return list(names, names.size());
}

std::string labelled(std::string_view label, std::string_view text) {
  constexpr std::size_t kIndent = 11;
  return fmt::format("  {:<{}}{}\n", label, kIndent - 2, wrapped(text, kIndent, kIndent));
}

std::string heading_of(const Audit& audit, const Finding& finding) {
  const PoolRow& row = audit.pools[finding.pool].row;
  return fmt::format("{}: {} of {}: {} of {} used ({})", name_of(finding.severity),
                     catalogue::resource(row.resource).name, scope_text(row), used_text(row),
                     limit_text(row), use_text(row));
}

std::string culprit_of(const Audit& audit, const AuditPool& pool) {
  if (!pool.row.top || !pool.share) {
    const bool by_bpf = catalogue::resource(pool.row.resource).bpf != catalogue::Accuracy::kNone;
    return !audit.exact && by_bpf ? "not told by procfs; bpf tells" : "not told by the kernel";
  }
  return fmt::format("{} holds {}, {} of what is used{}", pool.row.top->name, pool.row.top->used,
                     percent_text(pool.share),
                     pool.row.top->runtime ? " (its runtime does, on its behalf)" : "");
}

std::string victims_of(const AuditPool& pool) {
  if (pool.neighbours.empty()) return "nobody who is held to the limit";
  return list(pool.neighbours, kMostNames);
}

std::string finding_text(const Audit& audit, const Finding& finding) {
  const AuditPool& pool = audit.pools[finding.pool];
  const catalogue::Resource& row = catalogue::resource(pool.row.resource);
  std::string text = heading_of(audit, finding) + '\n';
  if (pool.full_in) text += "  " + wrapped(full_in_text(*pool.full_in, *pool.growth), 4, 2) + '\n';
  text += labelled("Culprit", culprit_of(audit, pool));
  text += labelled("Victims", victims_of(pool));
  text += labelled("Error", fmt::format("{}: {}", row.error, row.symptom));
  std::string label = "To do";
  for (const Advice& advice : finding.advice) {
    text += labelled(label, advice.text);
    if (!advice.command.empty()) text += fmt::format("             {}\n", advice.command);
    label.clear();
  }
  return text;
}

std::string source_text(const Audit& audit) {
  return fmt::format("Read by {} ({}).", audit.source, audit.source_reason);
}

std::string tail(const Audit& audit) {
  std::string text;
  if (!audit.unused.empty())
    text += wrapped("Nobody has any: " + list(audit.unused) + ".", 2, 0) + '\n';
  if (!audit.unread.empty()) {
    text += wrapped("Not on this machine, or not told: " + list(audit.unread) + ".", 2, 0) + '\n';
  }
  for (const std::string& warning : audit.warnings)
    text += wrapped("Note: " + warning + ".", 2, 0) + '\n';
  return text + wrapped(source_text(audit), 2, 0) + '\n';
}

std::string markdown_row(const AuditPool& pool) {
  std::string text = "|";
  for (const std::string& cell : texts_of(pool)) text += " " + markdown_cell(cell) + " |";
  return text + '\n';
}

std::string markdown_finding(const Audit& audit, const Finding& finding) {
  const AuditPool& pool = audit.pools[finding.pool];
  const catalogue::Resource& row = catalogue::resource(pool.row.resource);
  std::string text = "\n### " + markdown_cell(heading_of(audit, finding)) + "\n\n";
  if (pool.full_in) text += "- " + full_in_text(*pool.full_in, *pool.growth) + '\n';
  text += "- Culprit: " + markdown_cell(culprit_of(audit, pool)) + '\n';
  text += "- Victims: " + markdown_cell(victims_of(pool)) + '\n';
  text += fmt::format("- Error: `{}`: {}\n", row.error, markdown_cell(row.symptom));
  for (const Advice& advice : finding.advice) {
    text += "- To do: " + markdown_cell(advice.text);
    if (!advice.command.empty()) text += ": `" + advice.command + "`";
    text += '\n';
  }
  return text;
}

}  // namespace

std::string audit_text(const Audit& audit, const AuditDetail& detail, const Paper& paper) {
  Table table(kColumns);
  for (const AuditPool* const pool : pools_shown(audit, detail)) {
    Cells cells;
    for (std::string& text : texts_of(*pool)) cells.push_back({.text = std::move(text)});
    constexpr std::size_t kUse = 3;
    if (pool->row.ratio) cells[kUse].shade = shade_of(*pool->row.ratio);
    table.add(std::move(cells));
  }
  std::string text = table.text(paper);
  for (const Finding& finding : audit.findings) text += '\n' + finding_text(audit, finding);
  return text + '\n' + tail(audit);
}

std::string audit_markdown(const Audit& audit, const AuditDetail& detail) {
  std::string text = "|";
  std::string rule = "|";
  for (const Table::Column& column : kColumns) {
    text += " " + column.heading + " |";
    rule += column.is_number ? " ---: |" : " --- |";
  }
  text += '\n' + rule + '\n';
  for (const AuditPool* const pool : pools_shown(audit, detail)) text += markdown_row(*pool);
  for (const Finding& finding : audit.findings) text += markdown_finding(audit, finding);
  return text + '\n' + markdown_cell(tail(audit));
}

}  // namespace kcommons::report
