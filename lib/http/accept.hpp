// What the client would rather have, from its Accept headers (RFC 9110, 12.5.1 and 12.5.3). Parts
// that do not parse count as not said. Pure, thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace kcommons::http {

// Whether plain text is wanted more than HTML. Without an Accept header, or with "*/*" as curl
// sends it, it is not.
bool prefers_text(std::string_view accept);

enum class Exposition : std::uint8_t {
  kText,         // the format 0.0.4 of Prometheus
  kOpenMetrics,  // 1.0.0
};

struct ExpositionChoice {
  Exposition format = Exposition::kText;
  // Names may be escaped in several ways (Prometheus from version 3 on), and where the client says
  // so it is told that they need none of them.
  bool escaping = false;
};

// OpenMetrics only where it is wanted more than text, or as much, and by a version that is served;
// text for whoever wants anything else, or says nothing.
ExpositionChoice choose_exposition(std::string_view accept);

// Of the header Accept-Encoding. Without it nothing is compressed.
bool accepts_gzip(std::optional<std::string_view> accept_encoding);

}  // namespace kcommons::http
