#include "http/accept.hpp"

#include <optional>

#include "base/text.hpp"
#include "http/message.hpp"

namespace kcommons::http {

namespace {

constexpr int kFullWeight = 1000;

// "0", "0.5", "0.125", "1", "1.000" in thousandths (RFC 9110, 12.4.2).
std::optional<int> parse_weight(std::string_view text) {
  const std::string_view whole = text::take_until(text, '.');
  if (whole != "0" && whole != "1") return std::nullopt;
  if (text.size() > 3) return std::nullopt;
  int thousandths = whole == "1" ? kFullWeight : 0;
  int place = kFullWeight / 10;
  for (const char digit : text) {
    if (digit < '0' || digit > '9') return std::nullopt;
    thousandths += (digit - '0') * place;
    place /= 10;
  }
  return thousandths <= kFullWeight ? std::optional(thousandths) : std::nullopt;
}

// The weight that the parameters of a media range carry; other parameters mean nothing here.
std::optional<int> weight_of(std::string_view parameters) {
  while (!parameters.empty()) {
    std::string_view parameter = text::trim(text::take_until(parameters, ';'));
    const std::string_view name = text::trim(text::take_until(parameter, '='));
    if (equal_ignoring_case(name, "q")) return parse_weight(text::trim(parameter));
  }
  return kFullWeight;
}

// The more exact a range is, the more it says about the type; 0 when it says nothing about it.
int exactness(std::string_view range, std::string_view type) {
  if (equal_ignoring_case(range, type)) return 3;
  if (equal_ignoring_case(range, "text/*")) return 2;
  return range == "*/*" ? 1 : 0;
}

int weight_for(std::string_view type, std::string_view accept) {
  int best = 0;
  int weight = 0;
  while (!accept.empty()) {
    std::string_view parameters = text::take_until(accept, ',');
    const std::string_view range = text::trim(text::take_until(parameters, ';'));
    const int exact = exactness(range, type);
    const std::optional<int> said = weight_of(parameters);
    if (!said || exact == 0 || exact < best) continue;
    weight = exact == best && *said < weight ? weight : *said;
    best = exact;
  }
  return weight;
}

}  // namespace

bool prefers_text(std::string_view accept) {
  return weight_for("text/plain", accept) > weight_for("text/html", accept);
}

}  // namespace kcommons::http
