#include "exposition/openmetrics.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace kcommons::exposition {

namespace {

constexpr std::string_view kHelp = "# HELP ";
constexpr std::string_view kType = "# TYPE ";

struct Family {
  std::string_view name;
  std::string_view type;
};

Family family_of(std::string_view name, std::string_view type) {
  const auto without = [name](std::string_view suffix) {
    return name.substr(0, name.size() - suffix.size());
  };
  constexpr std::string_view kTotal = "_total";
  constexpr std::string_view kInfo = "_info";
  if (type == "counter" && name.ends_with(kTotal)) return {without(kTotal), type};
  if (type == "gauge" && name.ends_with(kInfo)) return {without(kInfo), "info"};
  return {name, type};
}

std::string_view unit_of(const Family& family) {
  for (const std::string_view unit : {"seconds", "bytes", "ratio"}) {
    if (!family.name.ends_with(unit) || family.name.size() == unit.size()) continue;
    if (family.name[family.name.size() - unit.size() - 1] == '_') return unit;
  }
  return {};
}

// In the text format a '"' stands as it is; '\' and newline are escaped in both.
void append_help(std::string& out, std::string_view help) {
  for (const char letter : help) {
    if (letter == '"') out += '\\';
    out += letter;
  }
}

void append_line(std::string& out, std::string_view kind, std::string_view name,
                 std::string_view value) {
  out.append("# ").append(kind).append(" ").append(name).append(" ").append(value).append("\n");
}

}  // namespace

std::string to_openmetrics(std::string_view text) {
  std::string out;
  out.reserve(text.size() + text.size() / 64 + 256);
  std::string_view help;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    if (line.starts_with(kHelp)) {
      help = line.substr(kHelp.size());
    } else if (line.starts_with(kType)) {
      std::string_view type = line.substr(kType.size());
      const std::string_view name = text::take_until(type, ' ');
      const Family family = family_of(name, type);
      append_line(out, "TYPE", family.name, family.type);
      if (const auto unit = unit_of(family); !unit.empty()) {
        append_line(out, "UNIT", family.name, unit);
      }
      text::take_until(help, ' ');
      out.append("# HELP ").append(family.name).append(" ");
      append_help(out, help);
      out += '\n';
    } else {
      out.append(line).append("\n");
    }
    text.remove_prefix(std::min(text.size(), line.size() + 1));
  }
  return out;
}

}  // namespace kcommons::exposition
