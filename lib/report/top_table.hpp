// `kcommons top` as tables for people. Pure, thread-safe. All names are made printable; what they
// may hold of a table is their own cell alone.
#pragma once

#include <cstdint>
#include <string>

#include "catalogue/catalogue.hpp"
#include "report/table.hpp"
#include "report/top.hpp"
#include "report/top_summary.hpp"

namespace kcommons::report {

enum class Detail : std::uint8_t { kTable, kWide };

// One line for each row, then the totals of each pool. On paper without headings, the rows alone.
// Within 80 columns for as long as numbers have at most eight digits; kWide has more columns.
std::string top_table(const Top& top, Detail detail, const Paper& paper);

// The same of the summary: kTable has as many resources as fit in 80 columns, kWide has all.
std::string summary_table(const Top& top, const TopSummary& summary, Detail detail,
                          const Paper& paper);

// What the column of a resource is called: "OPEN_FILES", in a kTable "FILES".
std::string column_heading(catalogue::ResourceId resource, Detail detail);

}  // namespace kcommons::report
