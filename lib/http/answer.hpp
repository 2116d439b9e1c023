// The answer to one request, out of the bytes of a connection (RFC 9112) as they come: sized,
// chunked, or up to the end of the connection. The other side may be anything and is not trusted:
// what does not parse, or is longer than allowed, is an error and never a shorter answer. Values;
// not thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.hpp"
#include "http/message.hpp"

namespace kcommons::http {

struct Answer {
  int status = 0;
  Headers headers;
  std::string body;
};

class AnswerReader final {
 public:
  // A longer body is an error; head and trailer may have 16 KiB each.
  explicit AnswerReader(std::size_t max_body) : max_body_(max_body) {}

  // The next bytes of the connection. Those behind a complete answer are ignored.
  Result<void> take(std::string_view bytes);
  // The connection has ended: an error where the answer has not.
  Result<void> end();
  [[nodiscard]] bool is_complete() const { return state_ == State::kComplete; }
  // Of a complete one.
  [[nodiscard]] Answer answer() && { return std::move(answer_); }

 private:
  enum class State : std::uint8_t {
    kHead,
    kSized,
    kChunkSize,
    kChunk,
    kChunkEnd,
    kTrailer,
    kToEnd,
    kComplete
  };

  [[nodiscard]] std::string_view rest() const { return std::string_view(pending_).substr(at_); }
  // Each takes what it can off the front; false: it needs more bytes.
  Result<bool> step();
  Result<bool> take_head();
  Result<bool> take_body();
  Result<bool> take_chunk_size();
  Result<bool> take_chunk_end();
  Result<bool> take_trailer_line();
  Result<std::optional<std::string_view>> take_line();

  Result<void> parse_head(std::string_view head);
  Result<void> choose_framing();

  std::size_t max_body_;
  State state_ = State::kHead;
  std::string pending_;
  std::size_t at_ = 0;       // in pending_: what is before it is taken
  std::size_t left_ = 0;     // of a sized body or chunk
  std::size_t trailer_ = 0;  // bytes of it
  Answer answer_;
};

}  // namespace kcommons::http
