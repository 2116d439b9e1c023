#include "daemon/notify.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "base/text.hpp"

namespace kcommons::daemon {

namespace {

std::string variable(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? "" : value;
}

// The address and its length; nothing where the name is too long for one.
std::optional<std::pair<sockaddr_un, socklen_t>> address_of(std::string name) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (name.empty() || name.size() >= sizeof address.sun_path) return std::nullopt;
  if (name.front() == '@') name.front() = '\0';
  std::copy(name.begin(), name.end(), static_cast<char*>(address.sun_path));
  return std::pair(address, static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size()));
}

}  // namespace

Notifier::Options Notifier::from_environment() {
  Options options{.socket = variable("NOTIFY_SOCKET"), .watchdog = {}};
  const auto microseconds = text::parse_number<std::uint64_t>(variable("WATCHDOG_USEC"));
  // The variable may be meant for the parent.
  const std::string pid = variable("WATCHDOG_PID");
  const bool is_mine = pid.empty() || text::parse_number<pid_t>(pid) == ::getpid();
  if (microseconds && *microseconds > 0 && is_mine) {
    options.watchdog = std::chrono::microseconds(*microseconds);
  }
  return options;
}

Notifier::Notifier(Options options, const Clock& clock)
    : options_(std::move(options)), clock_(clock) {
  if (options_.socket.empty()) return;
  fd_ = UniqueFd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
}

Result<void> Notifier::send(std::string_view message) {
  if (options_.socket.empty()) return {};
  const std::string attempted = "tell the service manager at " + options_.socket;
  const auto address = address_of(options_.socket);
  if (!address) return fail(Error::from_errno(ENAMETOOLONG, attempted));
  const ssize_t sent =
      ::sendto(fd_.get(), message.data(), message.size(), MSG_NOSIGNAL | MSG_DONTWAIT,
               reinterpret_cast<const sockaddr*>(&address->first), address->second);
  if (sent < 0) return fail(Error::from_errno(errno, attempted));
  return {};
}

Result<void> Notifier::ready(std::string_view status) {
  ready_ = true;
  return send("READY=1\nSTATUS=" + text::printable(status));
}

// The time tells a manager this reload from one before; it is that of CLOCK_MONOTONIC, as the clock
// of SteadyTime is.
Result<void> Notifier::reloading() {
  if (!ready_) return {};
  const auto now =
      std::chrono::duration_cast<std::chrono::microseconds>(clock_.steady().time_since_epoch());
  return send("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(now.count()));
}

Result<void> Notifier::reloaded() {
  if (!ready_) return {};
  return send("READY=1");
}

Result<void> Notifier::stopping() {
  return send("STOPPING=1");
}

Result<void> Notifier::alive() {
  if (!options_.watchdog) return {};
  const SteadyTime now = clock_.steady();
  if (said_ && now < *said_ + *options_.watchdog / 4) return {};
  said_ = now;
  return send("WATCHDOG=1");
}

}  // namespace kcommons::daemon
