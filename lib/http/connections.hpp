// The connections that are open at one server. The engine gives each a thread for as long as it
// lasts, so that whoever is slow, or idle between two requests, takes a thread from the others.
//
// That is harmless until the last thread is taken. Then that thread lets its own client wait until
// there is another thread for the next one. It ends the connections of all clients that the server
// has been waiting for: that should have sent a request and have not for `patience`, or have taken
// nothing of an answer for four times that, as taking it is work. Either is long for a scraper,
// also on a machine that has much to do. Where no client is left that may turn out to be so, or
// half of the threads are with idle clients, it ends the connection of the one that has been idle
// longest, which every HTTP client expects of an idle connection. A request is never cut off while
// its answer is made, and nobody as long as threads are free: the time-outs of the server are for
// those. Thread-safe.
#pragma once

#include <chrono>
#include <condition_variable>
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
  // What a connection is waiting for.
  enum class State : std::uint8_t {
    kNew,        // its client, to send the first request
    kAnswering,  // the server, to make an answer
    kSending,    // its client, to take the answer
    kIdle,       // its client, which has its answer and may send another request
    kCutOff,     // its thread, to find that the connection has ended
  };
  // How connections are ended. Called only while none of those that are open can be closed by its
  // own thread, so that a descriptor that is found is still the connection's. Must not come back
  // here.
  struct CutOff {
    // False where the client has done its part meanwhile and the server is late: nothing is done.
    std::function<bool(const void* id, State state)> one;
    std::function<void()> all;
  };

  // `threads` is the number that the engine has.
  Connections(std::size_t threads, std::chrono::milliseconds patience, CutOff cut_off,
              std::function<SteadyTime()> now)
      : threads_(threads), patience_(patience), cut_off_(std::move(cut_off)), now_(std::move(now)) {
    open_.reserve(threads);
  }

  // `id` is any address that is the connection's own until it is closed. Returns when there is a
  // thread for the next connection, or the server stops.
  void opened(const void* id);
  void request_begins(const void* id) { enter(id, State::kAnswering); }
  // An answer begins to be sent, and another part of it was taken.
  void part_taken(const void* id) { enter(id, State::kSending); }
  void request_ends(const void* id) { enter(id, State::kIdle); }
  // Must be called before the descriptor is closed.
  void closed(const void* id);

  // Ends every connection, and from now on each new one as it opens.
  void cut_off_all();

 private:
  struct Connection {
    const void* id = nullptr;
    State state = State::kNew;
    SteadyTime since;  // in that state, or last heard of in it
  };

  void enter(const void* id, State state);
  Connection* find(const void* id);
  [[nodiscard]] bool has_thread_free() const;
  bool cut_off_somebody_but(const void* id);
  bool cut_off_one(Connection& connection);

  const std::size_t threads_;
  const std::chrono::milliseconds patience_;
  const CutOff cut_off_;
  const std::function<SteadyTime()> now_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  bool stopping_ = false;
  std::vector<Connection> open_;
};

}  // namespace kcommons::http
