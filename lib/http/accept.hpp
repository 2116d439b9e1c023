// What the client would rather have, from its Accept header (RFC 9110, 12.5.1). Pure, thread-safe.
#pragma once

#include <string_view>

namespace kcommons::http {

// Whether plain text is wanted more than HTML. Without an Accept header, or with "*/*" as curl
// sends it, it is not. Parts that do not parse count as not said.
bool prefers_text(std::string_view accept);

}  // namespace kcommons::http
