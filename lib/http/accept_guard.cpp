#include "http/accept_guard.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <ctime>
#include <limits>
#include <utility>

#include "base/clock.hpp"

namespace kcommons::http {

namespace {

// Some thousand times what the engine needs to accept a connection.
constexpr std::chrono::milliseconds kEngineHasTime{20};
// Who has filled fs.file-max takes at once what anybody closes. To be there before it means to look
// all the time, for as long as what was given up for a client may come back: that ends with the
// client, or seconds later where a program of root went beyond the limit with it. It takes a fifth
// of a processor at first, then a twentieth.
struct Looks {
  std::chrono::steady_clock::duration until;  // since the last client
  std::chrono::microseconds between;
};
constexpr std::array<Looks, 2> kLooks{
    {{std::chrono::milliseconds{500}, std::chrono::microseconds{100}},
     {std::chrono::minutes{1}, std::chrono::microseconds{500}}}};
constexpr std::chrono::microseconds kUnhurried{2000};
constexpr std::chrono::milliseconds kNowAndThen{1000};

std::chrono::microseconds between_looks(std::chrono::steady_clock::duration since_client) {
  for (const Looks& looks : kLooks) {
    if (since_client < looks.until) return looks.between;
  }
  return kNowAndThen;
}

// What others hold beyond the limit comes and goes: a client waits a while for a moment in which
// little has to be given up for it, and then takes what it takes: all that there is after one
// second.
std::size_t most_to_give_up(std::chrono::nanoseconds waited) {
  constexpr std::chrono::milliseconds kStep{100};
  constexpr auto kLastStep = 10;
  if (waited / kStep >= kLastStep) return std::numeric_limits<std::size_t>::max();
  return std::size_t{4} << static_cast<unsigned>(waited / kStep);
}

bool can_open_descriptors() {
  return UniqueFd(::eventfd(0, EFD_CLOEXEC)).is_open();
}

}  // namespace

AcceptGuard::AcceptGuard(std::vector<int> listeners, DescriptorReserve& reserve)
    : listeners_(std::move(listeners)), reserve_(reserve), stop_(::eventfd(0, EFD_CLOEXEC)) {
  // Without a way to end it there is none.
  if (stop_.is_open()) thread_ = std::thread([this] { run(); });
}

AcceptGuard::~AcceptGuard() {
  if (!thread_.joinable()) return;
  ::eventfd_write(stop_.get(), 1);
  thread_.join();
}

AcceptGuard::Woken AcceptGuard::wait(std::optional<std::chrono::microseconds> time) const {
  std::vector<pollfd> looked_at{{stop_.get(), POLLIN, 0}};
  for (const int listener : listeners_) looked_at.push_back({listener, POLLIN, 0});
  timespec limit{};
  if (time) {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(*time);
    limit = {.tv_sec = seconds.count(),
             .tv_nsec = std::chrono::nanoseconds(*time - seconds).count()};
  }
  if (::ppoll(looked_at.data(), looked_at.size(), time ? &limit : nullptr, nullptr) <= 0) {
    return Woken::kByTime;
  }
  return looked_at.front().revents != 0 ? Woken::kToStop : Woken::kByClient;
}

bool AcceptGuard::is_client_waiting() const {
  return wait(std::chrono::microseconds::zero()) == Woken::kByClient;
}

bool AcceptGuard::engine_lets_in() const {
  const auto end = std::chrono::steady_clock::now() + kEngineHasTime;
  while (is_client_waiting()) {
    if (std::chrono::steady_clock::now() > end) return false;
    // There is nothing to win back while the reserve is full; the engine may just have no thread
    // free.
    std::this_thread::sleep_for(reserve_.is_full() ? kUnhurried : kLooks.front().between);
  }
  return true;
}

void AcceptGuard::let_in() const {
  const auto began = std::chrono::steady_clock::now();
  while (!engine_lets_in()) {
    if (can_open_descriptors()) continue;
    reserve_.make_room(1, most_to_give_up(std::chrono::steady_clock::now() - began),
                       [this] { return !is_client_waiting(); });
  }
}

void AcceptGuard::run() const {
  ::prctl(PR_SET_TIMERSLACK, 1);  // of this thread: the default is half of the shortest pause
  SteadyTime last_client;
  for (;;) {
    std::optional<std::chrono::microseconds> time;
    if (!reserve_.is_full()) time = between_looks(std::chrono::steady_clock::now() - last_client);
    switch (wait(time)) {
      case Woken::kToStop:
        return;
      case Woken::kByTime:
        reserve_.refill();
        break;
      case Woken::kByClient:
        let_in();
        reserve_.refill();
        last_client = std::chrono::steady_clock::now();
    }
  }
}

}  // namespace kcommons::http
