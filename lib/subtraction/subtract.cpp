#include "subtraction/subtract.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <utility>

#include "base/ids.hpp"
#include "base/text.hpp"
#include "base/unique_fd.hpp"
#include "procfs/directory.hpp"
#include "subtraction/counts.hpp"
#include "subtraction/fresh_namespaces.hpp"
#include "subtraction/inside.hpp"
#include "subtraction/root_namespace.hpp"

namespace kcommons::subtraction {

namespace {

using SteadyClock = std::chrono::steady_clock;

// Above those that systemd-nspawn gives to containers (1879048191 is its last), below those that
// are negative for a program that takes them for an int. With the PID on top, two runs differ.
constexpr std::uint32_t kThrowAwayUids = 1'900'000'000;

// --- the child ----------------------------------------------------------------------------------

// What PID 1 inside is called outside: a link of a procfs says what its reader is there.
std::uint64_t pid_outside(int host_proc) {
  std::array<char, 32> name{};
  const ssize_t length = ::readlinkat(host_proc, "self", name.data(), name.size());
  if (length < 0) return 0;
  const std::string_view digits(name.data(), static_cast<std::size_t>(length));
  return text::parse_number<std::uint64_t>(digits).value_or(0);
}

void give_up(const Talk& talk, const Error& error) {
  talk.say(failure_line(error.message()));
}

void be_first_inside(Inside inside, const std::string& namespaces) {
  die_with_parent();
  const auto proc = detached_mount("proc", nullptr, nullptr);
  if (!proc) return give_up(inside.talk, proc.error());
  if (const auto harmless = check_harmless(proc->get()); !harmless) {
    return give_up(inside.talk, harmless.error());
  }
  inside.proc = proc->get();
  inside.talk.say(namespaces_line(namespaces, pid_outside(inside.host_proc)));
  say_all(inside);
}

// As many descriptors as it may have: the experiments take some hundreds.
void raise_descriptor_limit() {
  constexpr rlim_t kEnough = 4096;
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = std::min(limit.rlim_max, std::max(limit.rlim_cur, kEnough));
  static_cast<void>(::setrlimit(RLIMIT_NOFILE, &limit));
}

void be_the_child(Inside inside, Uid uid) {
  raise_descriptor_limit();
  if (inside.is_throw_away) {
    if (const auto became = become_user(uid); !became) return give_up(inside.talk, became.error());
  }
  die_with_parent();
  const auto namespaces = enter_fresh_namespaces(inside.host_proc);
  if (!namespaces) return give_up(inside.talk, namespaces.error());
  const pid_t first = ::fork();
  if (first < 0) return give_up(inside.talk, Error::from_errno(errno, "fork into the namespaces"));
  if (first == 0) {
    be_first_inside(inside, *namespaces);
    ::_exit(0);
  }
  ::waitpid(first, nullptr, 0);
}

// --- the host -----------------------------------------------------------------------------------

// A child that is ended when this is: whatever it has made goes with it.
class Child final {
 public:
  explicit Child(pid_t pid) : pid_(pid) {}
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child() {
    if (pid_ < 0) return;
    ::kill(pid_, SIGKILL);
    wait();
  }
  // Until it has ended by itself, and with it the PID namespace: it waits for that.
  void wait() { ::waitpid(std::exchange(pid_, -1), nullptr, 0); }

 private:
  pid_t pid_;
};

class Conversation final {
 public:
  Conversation(int socket, int proc, Uid uid, SteadyClock::time_point deadline)
      : socket_(socket), proc_(proc), uid_(uid), deadline_(deadline) {}

  // Until the child has nothing more to say.
  Result<void> hold() {
    while (true) {
      const Result<bool> more = read_some();
      if (!more) return fail(more.error());
      if (!*more) break;
      if (auto heard = hear_lines(); !heard) return heard;
    }
    if (!testimony_.failure.empty()) return fail(Error::other(testimony_.failure));
    if (!testimony_.is_complete) {
      return fail(Error::other("the child in the fresh namespaces ended half-way"));
    }
    return {};
  }

  [[nodiscard]] const Testimony& testimony() const { return testimony_; }
  [[nodiscard]] std::vector<LimitSysctl> take_meanwhile() { return std::move(meanwhile_); }

 private:
  Result<bool> read_some() {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline_ - SteadyClock::now());
    pollfd waited{socket_, POLLIN, 0};
    const int ready = left.count() <= 0 ? 0 : ::poll(&waited, 1, static_cast<int>(left.count()));
    if (ready < 0 && errno == EINTR) return true;
    if (ready < 0) return fail(Error::from_errno(errno, "wait for the fresh namespaces"));
    if (ready == 0) {
      return fail(Error::from_errno(ETIMEDOUT, "hear from the fresh namespaces"));
    }
    std::array<char, 4096> bytes{};
    const ssize_t got = ::recv(socket_, bytes.data(), bytes.size(), 0);
    // A child that ends with an answer unread resets the connection.
    if (got < 0 && errno == ECONNRESET) return false;
    if (got < 0) return fail(Error::from_errno(errno, "hear from the fresh namespaces"));
    heard_.append(bytes.data(), static_cast<std::size_t>(got));
    return got > 0;
  }

  Result<void> hear_lines() {
    while (true) {
      const std::size_t end = heard_.find('\n');
      if (end == std::string::npos) return {};
      const std::string line = heard_.substr(0, end);
      heard_.erase(0, end + 1);
      if (auto heard = hear(line); !heard) return heard;
    }
  }

  Result<void> hear(const std::string& line) {
    const std::size_t looks = testimony_.looks.size();
    if (auto added = add_line(testimony_, line); !added) return added;
    if (line == kChangedLine) {
      auto limits = read_limit_sysctls(proc_);
      if (!limits) return fail(limits.error());
      meanwhile_ = std::move(*limits);
      answer();
    } else if (testimony_.looks.size() > looks) {
      testimony_.looks.back().host = read_counts(proc_, uid_);
      answer();
    }
    return {};
  }

  void answer() const {
    // A child that is gone shows at the next read.
    static_cast<void>(!::send(socket_, "!", 1, MSG_NOSIGNAL));
  }

  int socket_;
  int proc_;
  Uid uid_;
  SteadyClock::time_point deadline_;
  std::string heard_;
  Testimony testimony_;
  std::vector<LimitSysctl> meanwhile_;
};

std::string kernel_release() {
  utsname names{};
  return ::uname(&names) == 0 ? names.release : "unknown";
}

}  // namespace

Result<Subtraction> subtract(const SubtractOptions& options) {
  constexpr std::string_view kStep = "subtract what namespaces isolate";
  const auto proc = procfs::open_directory(AT_FDCWD, options.procfs.c_str());
  if (!proc) return fail(proc.error().during(kStep));
  auto before = read_limit_sysctls(proc->get());
  if (!before) return fail(before.error().during(kStep));

  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    return fail(Error::from_errno(errno, "make a socket pair").during(kStep));
  }
  const UniqueFd ours(ends[0]);
  UniqueFd theirs(ends[1]);
  const bool is_root = ::geteuid() == 0;
  const Uid uid(is_root ? kThrowAwayUids + static_cast<std::uint32_t>(::getpid()) : ::getuid());
  const pid_t pid = ::fork();
  if (pid < 0) return fail(Error::from_errno(errno, "fork").during(kStep));
  if (pid == 0) {
    ::close(ours.get());
    be_the_child({.talk = Talk(theirs.get()), .host_proc = proc->get(), .is_throw_away = is_root},
                 uid);
    ::_exit(0);
  }
  Child child(pid);
  theirs.reset();
  Conversation conversation(ours.get(), proc->get(), uid, SteadyClock::now() + options.timeout);
  if (const auto held = conversation.hold(); !held) return fail(held.error().during(kStep));
  child.wait();
  return conclude({.kernel = kernel_release(),
                   .before = std::move(*before),
                   .meanwhile = conversation.take_meanwhile(),
                   .in_root_net = limits_of_a_root_network_namespace(proc->get())},
                  conversation.testimony());
}

}  // namespace kcommons::subtraction
