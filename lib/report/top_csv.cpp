#include "report/top_csv.hpp"

#include <fmt/format.h>

#include <optional>
#include <string_view>

#include "base/text.hpp"
#include "report/top_words.hpp"

namespace kcommons::report {

namespace {

constexpr std::string_view kHeadings =
    "kind,name,container_id,runtime,container,pod,namespace,unit,pid,command,who_uid,resource,"
    "userns,uid,used,runtime_used,share,limit_ratio,pool_used_at_census,pool_limit\n";

// Text that somebody else may have chosen.
std::string cell(std::string_view raw) {
  std::string text = text::printable(raw);
  if (!text.empty() && std::string_view("=+-@").find(text.front()) != std::string_view::npos) {
    text.insert(text.begin(), '\'');
  }
  if (text.find_first_of(",\"") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + '"';
}

std::string number(const std::optional<std::uint64_t>& value) {
  return value ? fmt::format("{}", *value) : std::string{};
}

std::string fraction(const std::optional<double>& value) {
  return value ? fmt::format("{:.6g}", *value) : std::string{};
}

// As the metrics have it: no limit is +Inf.
std::string limit_cell(const std::optional<catalogue::Limit>& limit) {
  if (!limit) return {};
  return limit->value ? fmt::format("{}", *limit->value) : "+Inf";
}

std::string who_cells(const TopWho& who) {
  return fmt::format("{},{},{},{},{},{},{},{},{},{},{}", name_of(who.kind), cell(who.name),
                     cell(who.container_id), cell(who.runtime), cell(who.container), cell(who.pod),
                     cell(who.pod_namespace), cell(who.unit),
                     who.pid ? fmt::format("{}", who.pid->value()) : std::string{},
                     cell(who.command.value_or("")), cell(who.uid));
}

// In place of who_cells(): what is used and stands in no row.
std::string rest_cells(std::string_view kind, std::string_view name) {
  return fmt::format("{},{},,,,,,,,,", kind, name);
}

std::string line(const TopPool& pool, std::string_view who, std::string_view used,
                 std::string_view amounts) {
  return fmt::format("{},{},{},{},{},{},{},{}\n", who, catalogue::resource(pool.resource).name,
                     cell(pool.userns), cell(pool.uid), used, amounts, number(pool.used),
                     limit_cell(pool.limit));
}

}  // namespace

std::string top_csv(const Top& top, bool headings) {
  std::string out(headings ? kHeadings : std::string_view{});
  for (const TopRow& row : top.rows) {
    out += line(
        top.pools[row.pool], who_cells(top.who[row.who]), fmt::format("{}", row.used),
        fmt::format("{},{},{}", row.runtime_used, fraction(row.share), fraction(row.limit_ratio)));
  }
  constexpr std::string_view kNoAmounts = ",,";
  for (const TopPool& pool : top.pools) {
    if (pool.rows_cut > 0) {
      out += line(pool, rest_cells("more", fmt::format("{} more", pool.rows_cut)),
                  fmt::format("{}", pool.cut), kNoAmounts);
    }
    for (const auto& part : pool.unattributed) {
      out += line(pool, rest_cells("unattributed", part.cause), fmt::format("{}", part.amount),
                  kNoAmounts);
    }
  }
  return out;
}

}  // namespace kcommons::report
