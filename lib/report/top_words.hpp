// The words by which `kcommons top` takes and gives what its types mean. Pure, thread-safe.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "report/top.hpp"

namespace kcommons::report {

// container, host, user, unit, pod, process.
std::string_view name_of(TopWho::Kind kind);

// container, uid, unit, process, pod.
std::string_view name_of(attribution::By by);
std::optional<attribution::By> parse_by(std::string_view name);

// used, limit, share, name, pool.
std::string_view name_of(TopOrder order);
std::optional<TopOrder> parse_order(std::string_view name);

// All names that parse_ takes, separated by ", ", for messages.
std::string by_names();
std::string order_names();

}  // namespace kcommons::report
