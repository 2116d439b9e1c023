// The query of a request, "warn=70&crit=90", read strictly: a parameter that is ignored in silence
// is a threshold that is not in force. Pure, thread-safe.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace kcommons::http {

using Query = std::map<std::string, std::string, std::less<>>;

// `known` are the names that may stand in it, each once. Names and values are decoded, a '+' is a
// blank; values may hold any byte. An error reads "query: what, expected what".
Result<Query> parse_query(std::string_view query, std::span<const std::string_view> known);

}  // namespace kcommons::http
