// The daemon that --from names.
#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"
#include "effective_config.hpp"
#include "http/url.hpp"

namespace kcommons::cmd {

// The password of the user in a URL that has none: there, everybody can read it who sees the
// processes.
inline constexpr std::string_view kPasswordVariable = "KCOMMONS_PASSWORD";

// The error names --from. Reads the environment.
Result<http::Url> url_of_from(std::string_view from);

// --from together with what says how a host is read, which a daemon does as it is configured: what
// of it was given, in words; empty where nothing was.
std::string against_from(const Given& given);

}  // namespace kcommons::cmd
