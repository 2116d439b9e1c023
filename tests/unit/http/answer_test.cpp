#include "http/answer.hpp"

#include <catch2/catch.hpp>
#include <string>

using namespace kcommons;
using namespace kcommons::http;

namespace {

constexpr std::size_t kMost = 1000;

// All of it, `step` bytes at a time, and then the end of the connection.
Result<Answer> read(std::string_view bytes, std::size_t step = 1000) {
  AnswerReader reader(kMost);
  while (!bytes.empty() && !reader.is_complete()) {
    if (auto taken = reader.take(bytes.substr(0, step)); !taken) return fail(taken.error());
    bytes.remove_prefix(std::min(step, bytes.size()));
  }
  if (auto ended = reader.end(); !ended) return fail(ended.error());
  return std::move(reader).answer();
}

const std::string kOk = "HTTP/1.1 200 OK\r\n";

}  // namespace

TEST_CASE("an answer is read however it is framed and cut into pieces", "[http]") {
  const std::string bytes = GENERATE(
      as<std::string>(), "HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\nhello world",
      "HTTP/1.0 200 OK\r\n\r\nhello world", "HTTP/1.1 200\r\n\r\nhello world",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n5\r\nhello\r\n6;x=\"y\"\r\n world\r\n"
      "000\r\n\r\n",
      "HTTP/1.1 200 OK\r\nContent-Length: 3\r\ntransfer-encoding:chunked\r\n\r\nB\r\n"
      "hello world\r\n0\r\nX: y\r\nZ: \r\n\r\nbehind it",
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nLink: x\r\n\r\n"
      "HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\nhello world and more");
  const std::size_t step = GENERATE(1U, 2U, 7U, 1000U);
  CAPTURE(bytes, step);
  const auto answer = read(bytes, step);
  REQUIRE(answer);
  CHECK(answer->status == 200);
  // Behind a sized or chunked answer nothing is looked at.
  CHECK(answer->body == "hello world");
}

TEST_CASE("headers are found in any case", "[http]") {
  const auto answer = read(kOk + "X-One:  1 \r\nEMPTY:\r\nContent-Length: 0\r\n\r\n");
  REQUIRE(answer);
  CHECK(find_header(answer->headers, "x-one") == "1");
  CHECK(find_header(answer->headers, "empty") == "");
  CHECK_FALSE(find_header(answer->headers, "x"));
  CHECK(answer->body.empty());
}

TEST_CASE("some answers have no body", "[http]") {
  const int status = GENERATE(204, 304);
  const auto answer =
      read("HTTP/1.1 " + std::to_string(status) + " x\r\nContent-Length: 5\r\n\r\n");
  REQUIRE(answer);
  CHECK(answer->status == status);
}

TEST_CASE("what is no answer is refused", "[http]") {
  const std::string bytes = GENERATE(
      as<std::string>(), "", "HTTP/1.1 200 OK\r\n", "SSH-2.0-OpenSSH_9.2\r\n\r\n",
      "HTTP/2 200 OK\r\n\r\n", "HTTP/1.1 20 OK\r\n\r\n", "HTTP/1.1 2000 OK\r\n\r\n",
      "HTTP/1.1 -20 OK\r\n\r\n", "HTTP/1.1 099 OK\r\n\r\n", "HTTP/1.1200 OK\r\n\r\n", "\r\n\r\n",
      "HTTP/1.1 200 OK\r\nno colon\r\n\r\n", "HTTP/1.1 200 OK\r\n: x\r\n\r\n",
      "HTTP/1.1 200 OK\r\nX: y\r\n folded\r\n\r\n", "HTTP/1.1 200 OK\r\nX : y\r\n\r\n",
      "HTTP/1.1 200 OK\r\nX: y\nContent-Length: 0\r\n\r\n", "HTTP/1.1 200 OK\r\nX: y\rz\r\n\r\n",
      "HTTP/1.1 200 OK\r\nX: \x7F\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc",
      "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
      "HTTP/1.1 200 OK\r\nContent-Length: 5, 5\r\n\r\nabcde",
      "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
      "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\nabc",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhelloXX0\r\n\r\n",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\nhello\r\n",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\r\n\r\n",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFF\r\nx",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n",
      std::string("\0\xff\x1b[2J\r\n\r\n", 10));
  const std::size_t step = GENERATE(1U, 1000U);
  CAPTURE(bytes, step);
  const auto answer = read(bytes, step);
  REQUIRE_FALSE(answer);
  CHECK(answer.error().message().find('\x1b') == std::string::npos);
}

TEST_CASE("what is too long is refused before it is kept", "[http]") {
  const std::string much(kMost + 1, 'x');
  CHECK(read(kOk + "Content-Length: 1000\r\n\r\n" + much.substr(1)));
  CHECK_FALSE(read(kOk + "Content-Length: 1001\r\n\r\n"));
  CHECK(read(kOk + "\r\n" + much.substr(1)));
  CHECK_FALSE(read(kOk + "\r\n" + much));
  CHECK_FALSE(read(kOk + "Transfer-Encoding: chunked\r\n\r\n3e9\r\n"));
  std::string chunks = kOk + "Transfer-Encoding: chunked\r\n\r\n";
  for (int i = 0; i < 1001; ++i) chunks += "1\r\nx\r\n";
  CHECK_FALSE(read(chunks + "0\r\n\r\n"));

  const std::string long_line(20'000, 'x');
  CHECK_FALSE(read(long_line));
  CHECK_FALSE(read(kOk + "X: " + long_line + "\r\n\r\n"));
  CHECK_FALSE(read(kOk + "Transfer-Encoding: chunked\r\n\r\n" + long_line));
  std::string trailer;
  for (int i = 0; i < 5000; ++i) trailer += "X: y\r\n";
  CHECK_FALSE(read(kOk + "Transfer-Encoding: chunked\r\n\r\n0\r\n" + trailer + "\r\n"));
}
