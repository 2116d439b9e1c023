#include "http/accept_guard.hpp"

#include <poll.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <utility>

#include "base/clock.hpp"

namespace kcommons::http {

namespace {

// Some thousand times what the engine needs to accept a connection.
constexpr std::chrono::milliseconds kEngineHasTime{20};
// Who has filled fs.file-max takes at once what is given back. So this is quick, for as long as a
// descriptor may still come back that was given up for a client.
constexpr std::chrono::microseconds kBetweenLooks{500};
constexpr std::chrono::seconds kMayComeBack{2};
constexpr std::chrono::milliseconds kNowAndThen{1000};

// What others hold beyond the limit comes and goes: a client waits a while for a moment in which
// little has to be given up for it, and then takes what it takes.
std::size_t most_to_give_up(std::chrono::nanoseconds waited) {
  constexpr std::chrono::milliseconds kStep{200};
  constexpr auto kLastStep = 10;
  return std::size_t{4} << std::min<std::int64_t>(waited / kStep, kLastStep);
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

void AcceptGuard::let_in() const {
  std::this_thread::sleep_for(kEngineHasTime);
  const auto began = std::chrono::steady_clock::now();
  while (is_client_waiting() && !can_open_descriptors()) {
    reserve_.make_room(1, most_to_give_up(std::chrono::steady_clock::now() - began));
    std::this_thread::sleep_for(kBetweenLooks);
  }
}

void AcceptGuard::run() const {
  SteadyTime last_client;
  for (;;) {
    std::optional<std::chrono::microseconds> time;
    if (!reserve_.is_full()) {
      const bool may_come_back = std::chrono::steady_clock::now() < last_client + kMayComeBack;
      time = may_come_back ? kBetweenLooks : kNowAndThen;
    }
    switch (wait(time)) {
      case Woken::kToStop:
        return;
      case Woken::kByTime:
        reserve_.refill();
        break;
      case Woken::kByClient:
        let_in();
        last_client = std::chrono::steady_clock::now();
    }
  }
}

}  // namespace kcommons::http
