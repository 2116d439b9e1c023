#include "http/percent.hpp"

#include "base/text.hpp"

namespace kcommons::http {

std::optional<std::string> percent_decoded(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const char byte = text.front();
    text.remove_prefix(1);
    if (byte != '%') {
      out += byte;
      continue;
    }
    const auto code =
        text.size() < 2 ? std::nullopt : text::parse_number<unsigned char>(text.substr(0, 2), 16);
    if (!code) return std::nullopt;
    out += static_cast<char>(*code);
    text.remove_prefix(2);
  }
  return out;
}

}  // namespace kcommons::http
