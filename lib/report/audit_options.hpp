// From which use on an audit speaks, as people give it. Pure, thread-safe.
#pragma once

#include <string_view>

#include "base/result.hpp"

namespace kcommons::report {

struct AuditOptions {
  double warning = 0.7;  // used / limit
  double critical = 0.9;
};

inline constexpr std::string_view kDefaultWarn = "70";
inline constexpr std::string_view kDefaultCrit = "90";

// In percent of a limit, in digits with a point at most: "70", "99.5". The error begins with the
// name of the one that is wrong: "warn: \"x\", expected …".
Result<AuditOptions> parse_audit_options(std::string_view warn, std::string_view crit);

}  // namespace kcommons::report
