#include "cgroup/pattern.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.hpp"
#include "cgroup/pods.hpp"

namespace kcommons::cgroup {

namespace {

using Kind = PatternToken::Kind;

constexpr std::string_view kPod = "{pod}";
constexpr std::string_view kPlaceholders = "{id64}, {id25}, {id}, {name}, {n} or {pod}";
constexpr std::array<std::pair<std::string_view, Kind>, 5> kTokenNames{{
    {"id64", Kind::kId64},
    {"id25", Kind::kId25},
    {"id", Kind::kId},
    {"name", Kind::kName},
    {"n", Kind::kDigits},
}};

bool is_text(Kind kind) {
  return kind == Kind::kText || kind == Kind::kOptionalText;
}

bool is_variable(Kind kind) {
  return kind == Kind::kAnything || kind == Kind::kId || kind == Kind::kName;
}

bool is_capture(Kind kind) {
  return kind == Kind::kId64 || kind == Kind::kId25 || kind == Kind::kId || kind == Kind::kName;
}

// ---- parsing

Result<PatternToken> parse_placeholder(std::string_view name) {
  for (const auto& [known, kind] : kTokenNames) {
    if (name == known) return PatternToken{kind, {}};
  }
  if (name == "pod") return fail(Error::other("{pod} must be a component of its own"));
  return fail(
      Error::other(fmt::format("unknown placeholder {{{}}}, expected {}", name, kPlaceholders)));
}

Result<PatternToken> parse_optional(std::string_view text) {
  if (text.empty() || text.find_first_of("{}[*") != std::string_view::npos) {
    return fail(Error::other(fmt::format("\"[{}]\" must hold plain text and nothing else", text)));
  }
  return PatternToken{Kind::kOptionalText, std::string(text)};
}

// Takes one token off the front of `rest`, which is not empty.
Result<PatternToken> take_token(std::string_view& rest) {
  constexpr std::string_view kSpecial = "{}[]*";
  const char lead = rest.front();
  if (lead == '*') {
    rest.remove_prefix(1);
    return PatternToken{Kind::kAnything, {}};
  }
  if (lead == '{' || lead == '[') {
    const char close = lead == '{' ? '}' : ']';
    const std::size_t end = rest.find(close);
    if (end == std::string_view::npos) {
      return fail(Error::other(fmt::format("'{}' without '{}' in the same part", lead, close)));
    }
    const std::string_view inside = rest.substr(1, end - 1);
    rest.remove_prefix(end + 1);
    return lead == '{' ? parse_placeholder(inside) : parse_optional(inside);
  }
  const std::size_t end = std::min(rest.find_first_of(kSpecial), rest.size());
  if (end == 0) return fail(Error::other(fmt::format("'{}' closes nothing", lead)));
  PatternToken token{Kind::kText, std::string(rest.substr(0, end))};
  rest.remove_prefix(end);
  return token;
}

// What keeps matching unambiguous, and linear: one stretch of unknown length, one choice.
Result<void> check_part(const PatternPart& part) {
  const auto variables = std::count_if(part.begin(), part.end(),
                                       [](const auto& token) { return is_variable(token.kind); });
  if (variables > 1) return fail(Error::other("more than one of *, {id} and {name} in a part"));
  const auto choices = std::count_if(part.begin(), part.end(), [](const auto& token) {
    return token.kind == Kind::kOptionalText;
  });
  if (choices > 1) return fail(Error::other("more than one optional text in a part"));
  const auto touching =
      std::adjacent_find(part.begin(), part.end(), [](const auto& left, const auto& right) {
        return !is_text(left.kind) && !is_text(right.kind);
      });
  if (touching != part.end()) return fail(Error::other("two placeholders without text between"));
  return {};
}

Result<PatternPart> parse_part(std::string_view text) {
  PatternPart part;
  while (!text.empty()) {
    Result<PatternToken> token = take_token(text);
    if (!token) return fail(token.error());
    part.push_back(*std::move(token));
  }
  if (Result<void> sound = check_part(part); !sound) return fail(sound.error());
  return part;
}

Result<PatternLevel> parse_level(std::string_view text) {
  PatternLevel level;
  if (text == "*") {
    level.kind = PatternLevel::Kind::kAnything;
    return level;
  }
  if (text == kPod) {
    level.kind = PatternLevel::Kind::kPod;
    return level;
  }
  if (text.empty()) return fail(Error::other("empty component, expected text between the '/'"));
  if (text == "." || text == "..") {
    return fail(Error::other(fmt::format("no cgroup can be called \"{}\"", text)));
  }
  for (const std::string_view piece : text::split(text, ':')) {
    Result<PatternPart> part = parse_part(piece);
    if (!part) return fail(part.error());
    level.parts.push_back(*std::move(part));
  }
  return level;
}

std::size_t count_captures(const std::vector<PatternLevel>& levels) {
  std::size_t count = 0;
  for (const PatternLevel& level : levels) {
    for (const PatternPart& part : level.parts) {
      for (const PatternToken& token : part) count += is_capture(token.kind) ? 1U : 0U;
    }
  }
  return count;
}

// ---- matching

bool is_hex_digit(char byte) {
  return (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'f') ||
         (byte >= 'A' && byte <= 'F');
}

bool is_base36_digit(char byte) {
  return (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z');
}

// How many bytes at the front of `text` a placeholder of known form takes; 0 when it does not fit.
std::size_t fixed_length(Kind kind, std::string_view text) {
  constexpr std::size_t kId64Bytes = 64;
  constexpr std::size_t kId25Bytes = 25;
  if (kind == Kind::kDigits) return std::min(text.find_first_not_of("0123456789"), text.size());
  const std::size_t length = kind == Kind::kId64 ? kId64Bytes : kId25Bytes;
  if (text.size() < length) return 0;
  const std::string_view id = text.substr(0, length);
  const bool fits = kind == Kind::kId64 ? std::all_of(id.begin(), id.end(), is_hex_digit)
                                        : std::all_of(id.begin(), id.end(), is_base36_digit);
  return fits ? length : 0;
}

bool fits_variable(Kind kind, std::string_view text) {
  if (kind == Kind::kAnything) return true;
  if (text.empty() || text == "." || text == "..") return false;
  return kind == Kind::kName || !(is_unit_name(text) || is_slice_name(text));
}

using Tokens = std::span<const PatternToken>;
bool match_tokens(Tokens tokens, std::string_view text, Capture& capture);

void keep(Kind kind, std::string_view text, Capture& capture) {
  if (is_capture(kind)) capture = {text, kind == Kind::kName};
}

// The longest text that fits. What follows has no variable (check_part), so that each try is short.
bool match_variable(Tokens tokens, std::string_view text, Capture& capture) {
  const Kind kind = tokens.front().kind;
  for (std::size_t length = text.size() + 1; length-- > 0;) {
    const std::string_view taken = text.substr(0, length);
    if (match_tokens(tokens.subspan(1), text.substr(length), capture) &&
        fits_variable(kind, taken)) {
      keep(kind, taken, capture);
      return true;
    }
  }
  return false;
}

bool match_tokens(Tokens tokens, std::string_view text, Capture& capture) {
  if (tokens.empty()) return text.empty();
  const PatternToken& token = tokens.front();
  const Tokens rest = tokens.subspan(1);
  if (is_variable(token.kind)) return match_variable(tokens, text, capture);
  if (is_text(token.kind)) {
    if (text.starts_with(token.text) &&
        match_tokens(rest, text.substr(token.text.size()), capture)) {
      return true;
    }
    return token.kind == Kind::kOptionalText && match_tokens(rest, text, capture);
  }
  const std::size_t length = fixed_length(token.kind, text);
  if (length == 0 || !match_tokens(rest, text.substr(length), capture)) return false;
  keep(token.kind, text.substr(0, length), capture);
  return true;
}

// Parts are taken from the back, so that the first one keeps all ':' that are left over.
bool match_parts(const std::vector<PatternPart>& parts, std::string_view text, Capture& capture) {
  for (std::size_t i = parts.size(); i-- > 1;) {
    const std::size_t colon = text.rfind(':');
    if (colon == std::string_view::npos) return false;
    if (!match_tokens(parts[i], text.substr(colon + 1), capture)) return false;
    text = text.substr(0, colon);
  }
  return match_tokens(parts.front(), text, capture);
}

bool match_level(const PatternLevel& level, Components components, Capture& capture) {
  switch (level.kind) {
    case PatternLevel::Kind::kAnything:
      return true;
    case PatternLevel::Kind::kPod:
      // With a ':' it is a container's own component that only tells its pod.
      return components.back().find(':') == std::string_view::npos &&
             pod_at(components).has_value();
    case PatternLevel::Kind::kParts:
      break;
  }
  return match_parts(level.parts, components.back(), capture);
}

}  // namespace

Result<Pattern> Pattern::parse(std::string_view text) {
  Pattern pattern;
  pattern.anchored_ = text.starts_with('/');
  if (pattern.anchored_) text.remove_prefix(1);
  for (const std::string_view component : text::split(text, '/')) {
    Result<PatternLevel> level = parse_level(component);
    if (!level) return fail(level.error());
    pattern.levels_.push_back(*std::move(level));
  }
  const std::size_t captures = count_captures(pattern.levels_);
  if (captures > 1) {
    return fail(Error::other("more than one of {id64}, {id25}, {id} and {name}"));
  }
  pattern.captures_ = captures == 1;
  return pattern;
}

std::optional<Capture> Pattern::match(Components components) const {
  if (components.size() < levels_.size()) return std::nullopt;
  if (anchored_ && components.size() != levels_.size()) return std::nullopt;
  Capture capture;
  for (std::size_t i = levels_.size(); i-- > 0;) {
    if (!match_level(levels_[i], components, capture)) return std::nullopt;
    components = components.first(components.size() - 1);
  }
  return capture;
}

}  // namespace kcommons::cgroup
