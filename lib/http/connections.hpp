// The connections that are open at one server. The engine gives each a thread for as long as it
// lasts, so a client that keeps its connection for the next request takes a thread from the
// others. That is harmless until the last thread is taken: then the client that has been idle
// longest is cut off, which every HTTP client expects of an idle connection, and there is a
// thread for the next one. A client whose first request has not come yet is not cut off, as the
// engine does not tell who it is; the server's request_timeout bounds it. Thread-safe.
#pragma once

#include <netinet/in.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <utility>
#include <vector>

#include "base/clock.hpp"

namespace kcommons::http {

class Connections final {
 public:
  struct Ends {
    std::uint16_t local_port = 0;
    sockaddr_in peer{};
  };
  // How connections are ended. Called only while none of those that are open can be closed by
  // its own thread, so that a descriptor that is found is still the connection's. Must not come
  // back here.
  struct CutOff {
    std::function<void(const Ends&)> one;
    std::function<void()> all;
  };

  // `threads` is the number that the engine has.
  Connections(std::size_t threads, CutOff cut_off)
      : threads_(threads), cut_off_(std::move(cut_off)) {
    open_.reserve(threads);
  }

  // `id` is any address that is the connection's own until it is closed.
  void opened(const void* id);
  void request_begins(const void* id, const Ends& ends);
  void request_ends(const void* id, SteadyTime now);
  // Must be called before the descriptor is closed.
  void closed(const void* id);

  // Ends every connection, and from now on each new one as it opens.
  void cut_off_all();

 private:
  enum class State : std::uint8_t { kNew, kAnswering, kIdle, kCutOff };
  struct Connection {
    const void* id = nullptr;
    State state = State::kNew;
    Ends ends;              // not known while kNew
    SteadyTime idle_since;  // while kIdle
  };

  Connection* find(const void* id);
  void keep_a_thread_free();

  const std::size_t threads_;
  const CutOff cut_off_;
  std::mutex mutex_;
  bool stopping_ = false;
  std::vector<Connection> open_;
};

}  // namespace kcommons::http
