// The same exposition as OpenMetrics 1.0 (prometheus/OpenMetrics, specification/OpenMetrics.md),
// made of what TextWriter has written: samples are the same line by line, what differs is what
// stands before each family, and the end. Pure, thread-safe.
#pragma once

#include <string>
#include <string_view>

namespace kcommons::exposition {

// What must stand at the end of all blocks.
inline constexpr std::string_view kOpenMetricsEnd = "# EOF\n";

// One block, without the end. `text` is TextWriter's; a family's name loses _total, or _info, which
// then is its type, and gains its unit where the name ends with one.
std::string to_openmetrics(std::string_view text);

}  // namespace kcommons::exposition
