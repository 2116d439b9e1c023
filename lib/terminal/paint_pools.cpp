#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "base/text.hpp"
#include "report/growth_text.hpp"
#include "report/pool_rows.hpp"
#include "report/table.hpp"
#include "terminal/cells.hpp"
#include "terminal/parts.hpp"

namespace kcommons::terminal {

namespace {

constexpr std::size_t kLabel = 12;

// Above a limit the bar is full, and the number beside it says by how much.
std::size_t filled_of(double ratio, std::size_t room) {
  const double part = std::clamp(ratio, 0.0, 1.0) * static_cast<double>(room);
  const auto filled = static_cast<std::size_t>(std::lround(part));
  // Whatever is used shows.
  return ratio > 0 && filled == 0 ? 1 : filled;
}

Role role_of(double ratio) {
  switch (report::shade_of(ratio)) {
    case report::Shade::kWarm:
      return Role::kWarm;
    case report::Shade::kFull:
      return Role::kFull;
    default:
      return Role::kGood;
  }
}

// "[|||||      ]" of so many columns.
Line bar(double ratio, std::size_t columns) {
  constexpr std::size_t kEdges = 2;
  if (columns <= kEdges) return {};
  const std::size_t room = columns - kEdges;
  const std::size_t filled = filled_of(ratio, room);
  return {
      {"["}, {std::string(filled, '|'), role_of(ratio)}, {std::string(room - filled, ' ')}, {"]"}};
}

void append(Line& line, Line more) {
  for (Span& span : more) line.push_back(std::move(span));
}

// What stands in a line of the bars, beside the bar.
struct BarText {
  std::string name;
  std::string used;
  std::string limit;
  std::string percent;
  double ratio = 0;
};

struct BarWidths {
  std::size_t name = 0;
  std::size_t used = 0;
  std::size_t limit = 0;
  std::size_t percent = 0;
};

BarText text_of(const report::AuditPool& pool) {
  return {.name = pool_text(name_of(pool)),
          .used = report::used_text(pool.row),
          .limit = report::limit_text(pool.row),
          .percent = report::use_text(pool.row),
          .ratio = pool.row.ratio.value_or(0)};
}

BarWidths widths_of(const std::vector<BarText>& texts) {
  BarWidths widths;
  for (const BarText& text : texts) {
    widths.name = std::max(widths.name, columns_of(text.name));
    widths.used = std::max(widths.used, text.used.size());
    widths.limit = std::max(widths.limit, text.limit.size());
    widths.percent = std::max(widths.percent, text.percent.size());
  }
  return widths;
}

// "inotify_watches uid 0 [|||||     ] 1200/192536  0.6%" in so many columns.
Line bar_line(const BarText& text, const BarWidths& widths, std::size_t columns, bool is_selected) {
  constexpr std::size_t kShortestBar = 8;
  constexpr std::size_t kShortestName = 12;
  const std::string numbers = fmt::format(" {:>{}}/{:<{}} {:>{}}", text.used, widths.used,
                                          text.limit, widths.limit, text.percent, widths.percent);
  const std::string percent = fmt::format(" {:>{}}", text.percent, widths.percent);
  const auto fits = [&](std::size_t name, const std::string& end, std::size_t bar_room) {
    return name + 1 + bar_room + end.size() <= columns;
  };
  // What gives way first is the name's middle, then the numbers, then the bar.
  const std::string& end =
      fits(std::min(widths.name, kShortestName), numbers, kShortestBar) ? numbers : percent;
  std::size_t name = widths.name;
  while (name > kShortestName && !fits(name, end, kShortestBar)) --name;
  const Role role = is_selected ? Role::kSelected : Role::kPlain;
  Line line{{left_aligned(text.name, name), role}, {" "}};
  const std::size_t taken = name + 1 + end.size();
  if (taken < columns) append(line, bar(text.ratio, columns - taken));
  line.push_back({end, report::shade_of(text.ratio) == report::Shade::kPlain
                           ? Role::kPlain
                           : role_of(text.ratio)});
  return line;
}

std::string neighbours_text(const report::AuditPool& pool) {
  if (pool.neighbours.empty()) {
    const auto count = pool.row.container_neighbours + pool.row.host_neighbours;
    return count == 0 ? "nobody who is held to the limit" : fmt::format("{} share it", count);
  }
  std::string text;
  for (const std::string& name : pool.neighbours) {
    text += (text.empty() ? "" : ", ") + text::printable(name);
  }
  return fmt::format("{} share it: {}", pool.neighbours.size(), text);
}

std::string remedy_of(const Seen& seen, const report::AuditPool& pool) {
  const report::Audit& audit = seen.view.audit;
  for (const report::Finding& finding : audit.findings) {
    if (&audit.pools[finding.pool] != &pool || finding.advice.empty()) continue;
    const report::Advice& advice = finding.advice.front();
    return advice.command.empty() ? advice.text
                                  : fmt::format("{}: {}", advice.text, advice.command);
  }
  const catalogue::Resource& row = catalogue::resource(pool.row.resource);
  if (row.sysctl.empty()) return std::string(row.remedy);
  std::string text = fmt::format("raise it with sysctl -w {}=N", row.sysctl);
  if (!row.remedy.empty()) text += fmt::format("; or {}", row.remedy);
  return text;
}

std::string held_text(const report::TopPool& pool) {
  std::string text = fmt::format("{} by those below", pool.held + pool.cut);
  for (const auto& part : pool.unattributed) {
    text += fmt::format(", {} {}", part.amount, text::printable(part.cause));
  }
  return text;
}

}  // namespace

Lines labelled(const std::string& label, const std::string& text, std::size_t columns,
               std::size_t most) {
  Lines lines;
  if (columns <= 2 * kLabel) return lines;
  for (std::string& line : wrapped(text, columns - kLabel, most)) {
    lines.push_back(
        {{left_aligned(lines.empty() ? label : "", kLabel), Role::kDim}, {std::move(line)}});
  }
  return lines;
}

Lines paint_bars(const Scene& scene, const Seen& seen, const Size& size) {
  constexpr std::size_t kTwoColumns = 120;
  constexpr std::size_t kGap = 3;
  std::vector<BarText> texts;
  for (const std::size_t index : scene.bars) {
    texts.push_back(text_of(seen.view.audit.pools[index]));
  }
  const BarWidths widths = widths_of(texts);
  const bool beside = size.columns >= kTwoColumns && texts.size() > 1;
  const std::size_t rows = beside ? (texts.size() + 1) / 2 : texts.size();
  const std::size_t room = beside ? (size.columns - kGap) / 2 : size.columns;
  Lines lines(rows);
  for (std::size_t i = 0; i < texts.size(); ++i) {
    Line& line = lines[i % rows];
    if (i >= rows) line.push_back({std::string(kGap, ' ')});
    append(line, bar_line(texts[i], widths, room, scene.selected == i));
  }
  return lines;
}

Lines paint_pool(const Seen& seen, const PoolName& name, std::size_t columns, std::size_t most) {
  const report::AuditPool* const pool = find_pool(seen, name);
  if (pool == nullptr) {
    return {{{cut_end(pool_text(name) + " is not used any more", columns), Role::kStrong}}};
  }
  const report::PoolRow& row = pool->row;
  const catalogue::Resource& resource = catalogue::resource(row.resource);
  Lines lines;
  lines.push_back(
      {{cut_end(fmt::format("{}: {} of {} used ({})", pool_text(name), report::used_text(row),
                            report::limit_text(row), report::use_text(row)),
                columns),
        Role::kStrong}});
  if (row.ratio) lines.push_back(bar(*row.ratio, columns));
  const auto add = [&](const std::string& label, const std::string& text, std::size_t at_most) {
    for (Line& line : labelled(label, text, columns, at_most)) lines.push_back(std::move(line));
  };
  if (const report::TopPool* const books = find_top_pool(seen, name)) {
    add("Held", held_text(*books), 1);
  }
  if (pool->full_in && pool->growth) {
    add("When", report::full_in_text(*pool->full_in, *pool->growth), 1);
  }
  add("Fails next", neighbours_text(*pool), 2);
  add("Error", fmt::format("{}: {}", resource.error, resource.symptom), 2);
  add("To do", remedy_of(seen, *pool), 2);
  if (lines.size() > most) lines.resize(most);
  return lines;
}

}  // namespace kcommons::terminal
