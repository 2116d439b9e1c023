#include "http/connections.hpp"

#include <algorithm>

namespace kcommons::http {

void Connections::opened(const void* id) {
  const std::lock_guard lock(mutex_);
  Connection connection;
  connection.id = id;
  open_.push_back(connection);
  if (stopping_) {
    cut_off_.all();
  } else {
    keep_a_thread_free();
  }
}

void Connections::request_begins(const void* id, const Ends& ends) {
  const std::lock_guard lock(mutex_);
  if (Connection* connection = find(id)) {
    connection->state = State::kAnswering;
    connection->ends = ends;
  }
}

void Connections::request_ends(const void* id, SteadyTime now) {
  const std::lock_guard lock(mutex_);
  if (Connection* connection = find(id)) {
    connection->state = State::kIdle;
    connection->idle_since = now;
  }
}

void Connections::closed(const void* id) {
  const std::lock_guard lock(mutex_);
  std::erase_if(open_, [id](const Connection& connection) { return connection.id == id; });
}

void Connections::cut_off_all() {
  const std::lock_guard lock(mutex_);
  stopping_ = true;
  cut_off_.all();
}

Connections::Connection* Connections::find(const void* id) {
  const auto found = std::ranges::find(open_, id, &Connection::id);
  return found == open_.end() ? nullptr : &*found;
}

void Connections::keep_a_thread_free() {
  std::size_t taken = 0;
  Connection* longest_idle = nullptr;
  for (Connection& connection : open_) {
    if (connection.state == State::kCutOff) continue;  // its thread is about to be free
    ++taken;
    if (connection.state != State::kIdle) continue;
    if (longest_idle == nullptr || connection.idle_since < longest_idle->idle_since) {
      longest_idle = &connection;
    }
  }
  if (taken < threads_ || longest_idle == nullptr) return;
  cut_off_.one(longest_idle->ends);
  longest_idle->state = State::kCutOff;
}

}  // namespace kcommons::http
