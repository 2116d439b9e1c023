#include "daemon/deadline.hpp"

#include <condition_variable>
#include <mutex>
#include <system_error>
#include <utility>

namespace kcommons::daemon {

Result<void> Deadline::begin(std::chrono::milliseconds time, std::function<void()> missed) {
  const auto wait = [time, missed = std::move(missed)](const std::stop_token& stop) {
    std::mutex mutex;
    std::condition_variable_any never;
    std::unique_lock lock(mutex);
    never.wait_for(lock, stop, time, [] { return false; });
    if (!stop.stop_requested()) missed();
  };
  try {
    thread_ = std::jthread(wait);
  } catch (const std::system_error& error) {
    return fail(Error::from_errno(error.code().value(), "make a thread"));
  }
  return {};
}

}  // namespace kcommons::daemon
