#include "report/subtraction_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

#include "base/text.hpp"
#include "catalogue/catalogue.hpp"
#include "report/format.hpp"

namespace kcommons::report {

namespace {

using catalogue::Resource;
using subtraction::ResourceAnswer;
using subtraction::Subtraction;
using subtraction::SysctlAnswer;

constexpr std::string_view kIndent = "    ";
using Cells = std::array<std::string, 4>;

Cells cells_of(const ResourceAnswer& row) {
  const Resource& resource = catalogue::resource(row.resource);
  return {std::string(resource.name), std::string(catalogue::name_of(resource.isolation)),
          std::string(name_of(row.answer)), std::string(name_of(row.verdict))};
}

// Below the row that it is about.
std::string paragraph(std::string_view text) {
  return std::string(kIndent) + wrapped(text, kIndent.size(), kIndent.size()) + "\n";
}

std::string line_of(const Cells& cells, const std::array<std::size_t, 4>& columns) {
  std::string line;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    line += cells[i];
    if (i + 1 < cells.size()) line.append(columns[i] - width(cells[i]) + 2, ' ');
  }
  return line + "\n";
}

std::string resources_table(const std::vector<ResourceAnswer>& rows) {
  const Cells heading{"RESOURCE", "ISOLATED BY", "KERNEL SAYS", "VERDICT"};
  std::array<std::size_t, 4> columns{};
  const auto widen = [&](const Cells& cells) {
    for (std::size_t i = 0; i < cells.size(); ++i) {
      columns[i] = std::max(columns[i], width(cells[i]));
    }
  };
  widen(heading);
  for (const ResourceAnswer& row : rows) widen(cells_of(row));
  std::string out = line_of(heading, columns);
  for (const ResourceAnswer& row : rows) {
    out += line_of(cells_of(row), columns);
    out += paragraph(text::printable(row.evidence));
  }
  return out;
}

// "  fs.nr_open  read-only  bounds each process by itself"; without remarks, the host's value.
std::string sysctls_table(const std::vector<SysctlAnswer>& rows) {
  std::string out;
  for (const SysctlAnswer& row : rows) {
    out += fmt::format("  {}  {}\n", text::printable(row.name), name_of(row.answer));
    out += paragraph(text::printable(row.remark.empty() ? "on the host " + row.host : row.remark));
  }
  return out.empty() ? "  none\n" : out;
}

std::size_t count_of(const Subtraction& subtraction, subtraction::Verdict verdict) {
  return static_cast<std::size_t>(
      std::ranges::count(subtraction.resources, verdict, &ResourceAnswer::verdict));
}

std::string summary(const Subtraction& subtraction) {
  return fmt::format(
      "of {} rows of the catalogue {} agree with the kernel, {} differ, {} not asked",
      subtraction.resources.size(), count_of(subtraction, subtraction::Verdict::kAgrees),
      count_of(subtraction, subtraction::Verdict::kDiffers),
      count_of(subtraction, subtraction::Verdict::kNotAsked));
}

std::string safe_cell(std::string_view text) {
  return markdown_cell(text::printable(text));
}

std::string sysctls_markdown(std::string_view heading, const std::vector<SysctlAnswer>& rows) {
  std::string out = fmt::format("\n## {}\n\n", heading);
  if (rows.empty()) return out + "None.\n";
  out += "| sysctl | on the host | inside | the kernel says | remark |\n";
  out += "| --- | --- | --- | --- | --- |\n";
  for (const SysctlAnswer& row : rows) {
    out += fmt::format("| {} | {} | {} | {} | {} |\n", safe_cell(row.name), safe_cell(row.host),
                       safe_cell(row.inside), name_of(row.answer), safe_cell(row.remark));
  }
  return out;
}

}  // namespace

std::string subtraction_table(const Subtraction& subtraction) {
  std::string out = "All kernel limits, less what fresh namespaces isolate, on Linux " +
                    text::printable(subtraction.kernel) + ".\n";
  out += "Namespaces: " + text::printable(subtraction.namespaces) + ".\n\n";
  out += resources_table(subtraction.resources);
  out += "\nShared, and not in the catalogue:\n" + sysctls_table(subtraction.unknown);
  out += "\nShared, and known not to be fought over:\n" + sysctls_table(subtraction.known);
  out += fmt::format("\n{} more limits are isolated: each namespace has its own.\n",
                     subtraction.isolated.size());
  return out + summary(subtraction) + ".\n";
}

std::string subtraction_markdown(const Subtraction& subtraction) {
  std::string out = fmt::format(
      "# All kernel limits, less what namespaces isolate\n\nLinux {}, fresh namespaces: "
      "{}.\n{}.\n\n",
      safe_cell(subtraction.kernel), safe_cell(subtraction.namespaces), summary(subtraction));
  out += "| resource | isolated by | the kernel says | verdict | evidence |\n";
  out += "| --- | --- | --- | --- | --- |\n";
  for (const ResourceAnswer& row : subtraction.resources) {
    const Cells cells = cells_of(row);
    out += fmt::format("| `{}` | {} | {} | {} | {} |\n", cells[0], cells[1], cells[2], cells[3],
                       safe_cell(row.evidence));
  }
  out += sysctls_markdown("Shared, and not in the catalogue", subtraction.unknown);
  out += sysctls_markdown("Shared, and known not to be fought over", subtraction.known);
  return out + sysctls_markdown("Isolated", subtraction.isolated);
}

}  // namespace kcommons::report
