// What a fault may do though nothing is counted, or a number is another one, and why that is right:
// the list is closed, and what is not in it is wrong.
#pragma once

#include <cstddef>
#include <string_view>

#include "calls.hpp"

namespace kcommons::test {

enum class Trouble {
  kUncounted,  // something is missing, and nothing is counted
  kWrong,      // a number is more than it was, or another one
  kLasting,    // the next pass is not that of before yet
};

// `kind` as in "read N/status"; `series` that it shows in. Null where nothing excuses it, else the
// reason.
const char* excuse_for(Trouble trouble, std::string_view kind, Fault fault,
                       std::string_view series);

}  // namespace kcommons::test
