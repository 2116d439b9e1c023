// Percent-encoding of URLs (RFC 3986, 2.1). Pure, thread-safe.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace kcommons::http {

// Each %XX as the byte that it stands for; nothing where a % is not followed by two hexadecimal
// digits. The result may hold any byte.
std::optional<std::string> percent_decoded(std::string_view text);

}  // namespace kcommons::http
