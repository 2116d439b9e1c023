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

// The value of a parameter, without quotes; nothing where there is none.
std::optional<std::string_view> parameter_of(std::string_view parameters, std::string_view wanted) {
  while (!parameters.empty()) {
    std::string_view value = text::trim(text::take_until(parameters, ';'));
    const std::string_view name = text::trim(text::take_until(value, '='));
    if (!equal_ignoring_case(name, wanted)) continue;
    value = text::trim(value);
    if (value.size() >= 2 && value.starts_with('"') && value.ends_with('"')) {
      value = value.substr(1, value.size() - 2);
    }
    return value;
  }
  return std::nullopt;
}

// A part of Accept, as far as expositions go.
struct Offer {
  Exposition format = Exposition::kText;
  int weight = 0;
  bool escaping = false;
};

// Text of version 1.0.0 is that of 0.0.4 but for names that are quoted, of which there are none.
std::optional<Exposition> format_of(std::string_view range, std::string_view version) {
  if (equal_ignoring_case(range, "application/openmetrics-text")) {
    const bool is_served = version.empty() || version == "1.0.0" || version == "0.0.1";
    return is_served ? std::optional(Exposition::kOpenMetrics) : std::nullopt;
  }
  if (!equal_ignoring_case(range, "text/plain") && exactness(range, "text/plain") == 0) {
    return std::nullopt;
  }
  return version.empty() || version == "0.0.4" ? std::optional(Exposition::kText) : std::nullopt;
}

std::optional<Offer> offer_of(std::string_view part) {
  std::string_view parameters = part;
  const std::string_view range = text::trim(text::take_until(parameters, ';'));
  const auto format = format_of(range, parameter_of(parameters, "version").value_or(""));
  const auto weight = weight_of(parameters);
  if (!format || !weight || *weight == 0) return std::nullopt;
  return Offer{.format = *format,
               .weight = *weight,
               .escaping = parameter_of(parameters, "escaping").has_value()};
}

}  // namespace

bool prefers_text(std::string_view accept) {
  return weight_for("text/plain", accept) > weight_for("text/html", accept);
}

ExpositionChoice choose_exposition(std::string_view accept) {
  Offer best;
  while (!accept.empty()) {
    const auto offer = offer_of(text::take_until(accept, ','));
    if (!offer) continue;
    const bool is_better =
        offer->weight > best.weight ||
        (offer->weight == best.weight && offer->format == Exposition::kOpenMetrics);
    if (is_better) best = *offer;
  }
  return {.format = best.format, .escaping = best.escaping};
}

bool accepts_gzip(std::optional<std::string_view> accept_encoding) {
  if (!accept_encoding) return false;
  std::optional<int> of_gzip;
  std::optional<int> of_any;
  std::string_view rest = *accept_encoding;
  while (!rest.empty()) {
    std::string_view parameters = text::take_until(rest, ',');
    const std::string_view coding = text::trim(text::take_until(parameters, ';'));
    const auto weight = weight_of(parameters);
    if (!weight) continue;
    if (equal_ignoring_case(coding, "gzip") || equal_ignoring_case(coding, "x-gzip")) {
      of_gzip = weight;
    }
    if (coding == "*") of_any = weight;
  }
  return of_gzip.value_or(of_any.value_or(0)) > 0;
}

}  // namespace kcommons::http
