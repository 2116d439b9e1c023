// `kcommons top` as CSV (RFC 4180): for spreadsheets, and for awk where names are harmless. Pure,
// thread-safe.
#pragma once

#include <string>

#include "report/top.hpp"

namespace kcommons::report {

// A line of headings, where asked for, and one for each row; then, of each pool, what rows that
// were cut hold (kind more) and what is unattributed (kind unattributed, the cause as name): the
// column used of all lines of a pool adds up to its pool_used_at_census.
//
// Every record is one line: bytes that are no text on one line become \xNN. Containers choose
// names, and a spreadsheet would run one that begins with = + - or @ as a formula: such text gets a
// ' in front.
std::string top_csv(const Top& top, bool headings);

}  // namespace kcommons::report
