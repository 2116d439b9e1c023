// A client for tests that sends exactly the bytes it is given. Whatever waits too long throws, so
// that a test fails instead of hanging.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/unique_fd.hpp"

namespace kcommons::http::test {

struct Answer {
  int status = 0;
  std::string head;  // status line and headers, with the blank line
  std::string body;

  // The value of a header, looked for as it is written.
  [[nodiscard]] std::optional<std::string> header(std::string_view name) const;
};

class RawClient final {
 public:
  explicit RawClient(std::uint16_t port, std::chrono::seconds patience = std::chrono::seconds(20),
                     std::size_t receive_buffer = 0);

  // False when the other side has closed the connection.
  bool send(std::string_view bytes);
  // One answer, with its body as long as Content-Length says. A HEAD request has none.
  Answer read_answer(bool expect_body = true);
  // Everything up to the end of the connection, however it ends.
  std::string read_to_end();
  // Sends a plain GET and reads the answer; the connection stays open.
  Answer get(std::string_view path);

 private:
  std::size_t receive_more();  // 0 at the end of the connection

  UniqueFd socket_;
  std::string received_;
};

// GET on a connection of its own.
Answer get(std::uint16_t port, std::string_view path,
           std::chrono::seconds patience = std::chrono::seconds(20));

}  // namespace kcommons::http::test
