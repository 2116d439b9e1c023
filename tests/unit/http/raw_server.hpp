// A server for tests that answers with exactly the bytes it is given, whatever it is asked, to one
// connection. Port 0 of the loopback; ends when it goes out of scope.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include "base/unique_fd.hpp"

namespace kcommons::http::test {

class RawServer final {
 public:
  // The parts are sent one by one, with a pause before each but the first. Then the connection is
  // closed, or kept open where `close` is false.
  struct Script {
    std::vector<std::string> parts;
    std::chrono::milliseconds pause{0};
    bool close = true;
  };

  explicit RawServer(Script script);
  RawServer(const RawServer&) = delete;
  RawServer& operator=(const RawServer&) = delete;
  ~RawServer();

  [[nodiscard]] std::uint16_t port() const { return port_; }
  // The head of the request; waits until it has come.
  const std::string& request();

 private:
  void serve(const Script& script, const std::stop_token& stop);

  UniqueFd listener_;
  std::uint16_t port_ = 0;
  std::string request_;
  std::jthread thread_;
};

// A port of the loopback where nobody listens.
std::uint16_t closed_port();

}  // namespace kcommons::http::test
