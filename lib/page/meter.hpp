// How full a pool is, as a bar and in words. Pure, thread-safe.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "catalogue/catalogue.hpp"

namespace kcommons::page {

// The class of whatever shows it: "full", "warm", "calm" or "none", and what stands beside it, for
// those who cannot tell colours apart: "full", "nearly full", "filling up", "has room", "no limit".
std::string_view state_class(const std::optional<double>& ratio);
std::string_view state_words(const std::optional<double>& ratio,
                             const std::optional<catalogue::Limit>& limit);

// A bar; what it says is said in words too. Empty where there is no limit.
std::string meter_html(const std::optional<double>& ratio, std::string_view label);

}  // namespace kcommons::page
