#include "daemon/notify.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <cstring>

#include "fake_clock.hpp"

using namespace kcommons;
using namespace kcommons::daemon;
using namespace std::chrono_literals;

namespace {

// A service manager: an abstract socket that nobody else has.
class Manager final {
 public:
  Manager() : fd_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(static_cast<char*>(address.sun_path) + 1, name_.data() + 1, name_.size() - 1);
    const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name_.size());
    REQUIRE(::bind(fd_.get(), reinterpret_cast<const sockaddr*>(&address), length) == 0);
  }
  [[nodiscard]] const std::string& name() const { return name_; }
  // The next message; empty where there is none.
  [[nodiscard]] std::string heard() const {
    std::array<char, 512> block{};
    const ssize_t got = ::recv(fd_.get(), block.data(), block.size(), MSG_DONTWAIT);
    return got < 0 ? "" : std::string(block.data(), static_cast<std::size_t>(got));
  }

 private:
  std::string name_ = "@kcommons-test-" + std::to_string(::getpid());
  UniqueFd fd_;
};

void set(const char* name, const char* value) {
  if (value == nullptr) {
    ::unsetenv(name);
  } else {
    ::setenv(name, value, 1);
  }
}

}  // namespace

TEST_CASE("the service manager hears that it is ready and that it stops", "[daemon]") {
  const Manager manager;
  const test::FakeClock clock;
  Notifier notifier({.socket = manager.name(), .watchdog = {}}, clock);
  CHECK(notifier.ready("bpf\nWATCHDOG=1"));
  CHECK(manager.heard() == "READY=1\nSTATUS=bpf\\x0aWATCHDOG=1");
  CHECK(notifier.alive());
  CHECK(manager.heard().empty());
  CHECK(notifier.stopping());
  CHECK(manager.heard() == "STOPPING=1");
}

TEST_CASE("a reload is told with its time and never says ready too early", "[daemon]") {
  const Manager manager;
  test::FakeClock clock;
  Notifier notifier({.socket = manager.name(), .watchdog = {}}, clock);
  CHECK(notifier.reloading());
  CHECK(notifier.reloaded());
  CHECK(manager.heard().empty());
  CHECK(notifier.ready("bpf"));
  CHECK(manager.heard() == "READY=1\nSTATUS=bpf");
  clock.advance(1500us);
  CHECK(notifier.reloading());
  CHECK(manager.heard() == "RELOADING=1\nMONOTONIC_USEC=3600001500");
  CHECK(notifier.reloaded());
  CHECK(manager.heard() == "READY=1");
}

TEST_CASE("the watchdog is fed four times in its time and no more", "[daemon]") {
  const Manager manager;
  test::FakeClock clock;
  Notifier notifier({.socket = manager.name(), .watchdog = 20s}, clock);
  int fed = 0;
  for (int second = 0; second < 60; ++second) {
    CHECK(notifier.alive());
    if (manager.heard() == "WATCHDOG=1") ++fed;
    clock.advance(1s);
  }
  CHECK(fed == 12);
}

TEST_CASE("who is not there is named in the error and nobody needs no socket", "[daemon]") {
  const test::FakeClock clock;
  Notifier nobody({.socket = "", .watchdog = 1s}, clock);
  CHECK(nobody.ready("x"));
  CHECK(nobody.alive());
  for (const std::string& socket : {std::string("/nowhere/notify"), std::string(300, 'x')}) {
    Notifier lost({.socket = socket, .watchdog = {}}, clock);
    const auto told = lost.ready("x");
    REQUIRE_FALSE(told);
    CHECK(told.error().message().find(socket) != std::string::npos);
  }
}

TEST_CASE("the environment says whom to tell and how often", "[daemon]") {
  set("NOTIFY_SOCKET", "/run/systemd/notify");
  set("WATCHDOG_USEC", "30000000");
  set("WATCHDOG_PID", std::to_string(::getpid()).c_str());
  CHECK(Notifier::from_environment().socket == "/run/systemd/notify");
  CHECK(Notifier::from_environment().watchdog == 30s);
  set("WATCHDOG_PID", "1");
  CHECK_FALSE(Notifier::from_environment().watchdog);
  set("WATCHDOG_PID", nullptr);
  for (const char* const none : {"", "0", "x", "-1"}) {
    set("WATCHDOG_USEC", none);
    CHECK_FALSE(Notifier::from_environment().watchdog);
  }
  set("WATCHDOG_USEC", nullptr);
  set("NOTIFY_SOCKET", nullptr);
  CHECK(Notifier::from_environment().socket.empty());
}
