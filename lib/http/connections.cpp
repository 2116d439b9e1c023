#include "http/connections.hpp"

#include <algorithm>

namespace kcommons::http {

namespace {

// How often it is looked whether somebody's time is up, while all threads are taken.
constexpr std::chrono::milliseconds kLook{10};

// Times the patience: a client that takes an answer needs a processor for it, again and again.
constexpr int kToTakeAnAnswer = 4;

}  // namespace

void Connections::opened(const void* id) {
  std::unique_lock lock(mutex_);
  open_.push_back({.id = id, .state = State::kNew, .since = now_()});
  while (!stopping_ && !has_thread_free() && !cut_off_somebody_but(id)) {
    changed_.wait_for(lock, kLook);
  }
  if (stopping_) {
    cut_off_.all();
  } else if (Connection* connection = find(id)) {
    connection->since = now_();  // until now the server was waited for
  }
}

void Connections::closed(const void* id) {
  const std::lock_guard lock(mutex_);
  std::erase_if(open_, [id](const Connection& connection) { return connection.id == id; });
  changed_.notify_all();
}

void Connections::cut_off_all() {
  const std::lock_guard lock(mutex_);
  stopping_ = true;
  cut_off_.all();
  changed_.notify_all();
}

void Connections::enter(const void* id, State state) {
  const std::lock_guard lock(mutex_);
  Connection* const connection = find(id);
  if (connection == nullptr || connection->state == State::kCutOff) return;
  connection->state = state;
  connection->since = now_();
}

Connections::Connection* Connections::find(const void* id) {
  const auto found = std::ranges::find(open_, id, &Connection::id);
  return found == open_.end() ? nullptr : &*found;
}

bool Connections::has_thread_free() const {
  const auto cut_off = std::ranges::count(open_, State::kCutOff, &Connection::state);
  return open_.size() - static_cast<std::size_t>(cut_off) < threads_;
}

bool Connections::cut_off_somebody_but(const void* id) {
  const SteadyTime now = now_();
  std::vector<Connection*> idle;
  bool has_cut_off = false;
  bool may_be_slow = false;
  for (Connection& connection : open_) {
    if (connection.id == id) continue;
    if (connection.state == State::kIdle) idle.push_back(&connection);
    if (connection.state != State::kNew && connection.state != State::kSending) continue;
    const auto patience = connection.state == State::kNew ? patience_ : kToTakeAnAnswer * patience_;
    if (now - connection.since < patience) {
      may_be_slow = true;
    } else if (cut_off_one(connection)) {
      has_cut_off = true;
    }
  }
  const bool are_many = idle.size() > threads_ / 2;
  if (has_cut_off || (may_be_slow && !are_many)) return has_cut_off;
  std::ranges::sort(idle, {}, &Connection::since);
  return std::ranges::any_of(idle, [this](Connection* longest) { return cut_off_one(*longest); });
}

bool Connections::cut_off_one(Connection& connection) {
  if (!cut_off_.one(connection.id, connection.state)) return false;
  connection.state = State::kCutOff;
  return true;
}

}  // namespace kcommons::http
