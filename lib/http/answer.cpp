#include "http/answer.hpp"

#include <fmt/core.h>

#include <algorithm>

#include "base/text.hpp"

namespace kcommons::http {

namespace {

constexpr std::size_t kMaxHead = std::size_t{16} * 1024;
constexpr std::string_view kLineEnd = "\r\n";
constexpr std::string_view kHeadEnd = "\r\n\r\n";

auto malformed(std::string_view what, std::string_view offending) {
  return fail(Error::malformed(std::string(what), offending));
}

auto too_long(std::string_view what, std::size_t most) {
  return fail(Error::other(fmt::format("{} of more than {} bytes", what, most)));
}

// "HTTP/1.1 200 OK"
std::optional<int> parse_status_line(std::string_view line) {
  constexpr std::string_view kVersion = "HTTP/1.";
  if (!line.starts_with(kVersion) || line.size() < 12 || line[8] != ' ') return std::nullopt;
  if (line.size() > 12 && line[12] != ' ') return std::nullopt;
  const auto status = text::parse_number<unsigned>(line.substr(9, 3));
  if (!status || *status < 100) return std::nullopt;
  return static_cast<int>(*status);
}

// What may stand neither in the name nor in the value of a header (RFC 9110, 5.5): to another
// reader a line feed alone would begin the next one.
bool has_control_character(std::string_view field) {
  return std::ranges::any_of(field, [](char letter) {
    const auto code = static_cast<unsigned char>(letter);
    return (code < 0x20 && letter != '\t') || code == 0x7F;
  });
}

}  // namespace

Result<void> AnswerReader::take(std::string_view bytes) {
  pending_.erase(0, at_);
  at_ = 0;
  pending_ += bytes;
  while (!is_complete()) {
    const auto advanced = step();
    if (!advanced) return fail(advanced.error());
    if (!*advanced) return {};
  }
  return {};
}

Result<void> AnswerReader::end() {
  if (state_ == State::kToEnd) state_ = State::kComplete;
  if (is_complete()) return {};
  if (state_ == State::kHead && rest().empty()) {
    return fail(Error::other("the connection was closed without an answer"));
  }
  return fail(Error::other("the connection was closed within the answer"));
}

Result<bool> AnswerReader::step() {
  switch (state_) {
    case State::kHead:
      return take_head();
    case State::kSized:
    case State::kChunk:
    case State::kToEnd:
      return take_body();
    case State::kChunkSize:
      return take_chunk_size();
    case State::kChunkEnd:
      return take_chunk_end();
    case State::kTrailer:
      return take_trailer_line();
    case State::kComplete:
      break;
  }
  return false;
}

Result<bool> AnswerReader::take_head() {
  const std::size_t end = rest().find(kHeadEnd);
  if (std::min(end, rest().size()) > kMaxHead) return too_long("headers", kMaxHead);
  if (end == std::string_view::npos) return false;
  if (auto parsed = parse_head(rest().substr(0, end)); !parsed) return fail(parsed.error());
  at_ += end + kHeadEnd.size();
  // An interim answer, with the real one behind it (RFC 9110, 15.2).
  if (answer_.status < 200) {
    answer_ = {};
    return true;
  }
  if (auto chosen = choose_framing(); !chosen) return fail(chosen.error());
  return true;
}

Result<void> AnswerReader::parse_head(std::string_view head) {
  const auto line = [&head] {
    const std::size_t end = head.find(kLineEnd);
    const std::string_view taken = head.substr(0, end);
    head.remove_prefix(std::min(taken.size() + kLineEnd.size(), head.size()));
    return taken;
  };
  const std::string_view first = line();
  const auto status = parse_status_line(first);
  if (!status) return malformed("read the status line", first);
  answer_.status = *status;
  while (!head.empty()) {
    const std::string_view field = line();
    std::string_view value = field;
    const std::string_view name = text::take_until(value, ':');
    const bool has_colon = name.size() < field.size();
    if (!has_colon || name.empty() || name.find_first_of(" \t") != std::string_view::npos ||
        has_control_character(field)) {
      return malformed("read the headers", field);
    }
    answer_.headers.emplace_back(name, text::trim(value));
  }
  return {};
}

// RFC 9112, 6.3.
Result<void> AnswerReader::choose_framing() {
  const auto encoding = find_header(answer_.headers, "Content-Encoding").value_or("identity");
  if (!equal_ignoring_case(encoding, "identity"))
    return malformed("read a body coded as", encoding);
  if (answer_.status == 204 || answer_.status == 304) {
    state_ = State::kComplete;
    return {};
  }
  if (const auto coding = find_header(answer_.headers, "Transfer-Encoding")) {
    if (!equal_ignoring_case(*coding, "chunked")) return malformed("read a body sent as", *coding);
    state_ = State::kChunkSize;
    return {};
  }
  const auto length = find_header(answer_.headers, "Content-Length");
  if (!length) {
    state_ = State::kToEnd;
    left_ = std::string::npos;
    return {};
  }
  const auto size = text::parse_number<std::size_t>(*length);
  if (!size) return malformed("read Content-Length", *length);
  if (*size > max_body_) return too_long("a body", max_body_);
  left_ = *size;
  state_ = left_ == 0 ? State::kComplete : State::kSized;
  return {};
}

Result<bool> AnswerReader::take_body() {
  const std::string_view part = rest().substr(0, left_);
  if (part.empty()) return false;
  if (part.size() > max_body_ - answer_.body.size()) return too_long("a body", max_body_);
  answer_.body += part;
  at_ += part.size();
  if (state_ == State::kToEnd) return true;
  left_ -= part.size();
  if (left_ == 0) state_ = state_ == State::kSized ? State::kComplete : State::kChunkEnd;
  return true;
}

// Without its end; nothing where it is not whole yet. Lines outside of the head are short.
Result<std::optional<std::string_view>> AnswerReader::take_line() {
  const std::size_t end = rest().find(kLineEnd);
  if (std::min(end, rest().size()) > kMaxHead) return too_long("a line", kMaxHead);
  if (end == std::string_view::npos) return std::optional<std::string_view>();
  const std::string_view line = rest().substr(0, end);
  at_ += end + kLineEnd.size();
  return std::optional(line);
}

// "1a0f", or "1a0f;extension"
Result<bool> AnswerReader::take_chunk_size() {
  const auto line = take_line();
  if (!line) return fail(line.error());
  if (!*line) return false;
  std::string_view digits = **line;
  const auto size = text::parse_number<std::size_t>(text::trim(text::take_until(digits, ';')), 16);
  if (!size) return malformed("read the size of a chunk", **line);
  if (*size > max_body_ - answer_.body.size()) return too_long("a body", max_body_);
  left_ = *size;
  state_ = left_ == 0 ? State::kTrailer : State::kChunk;
  return true;
}

Result<bool> AnswerReader::take_chunk_end() {
  if (rest().size() < kLineEnd.size()) return false;
  if (!rest().starts_with(kLineEnd)) {
    return malformed("read the end of a chunk", rest().substr(0, kLineEnd.size()));
  }
  at_ += kLineEnd.size();
  state_ = State::kChunkSize;
  return true;
}

// What it says is of no use here.
Result<bool> AnswerReader::take_trailer_line() {
  const auto line = take_line();
  if (!line) return fail(line.error());
  if (!*line) return false;
  trailer_ += (*line)->size() + kLineEnd.size();
  if (trailer_ > kMaxHead) return too_long("a trailer", kMaxHead);
  if ((*line)->empty()) state_ = State::kComplete;
  return true;
}

}  // namespace kcommons::http
