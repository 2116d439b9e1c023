#include "watcher.hpp"

#include <fcntl.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <ctime>
#include <new>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace kcommons::test {

namespace {

using std::chrono::nanoseconds;

constexpr std::chrono::seconds kSetUpDeadline{60};
constexpr nanoseconds kBetweenCalls = std::chrono::microseconds(100);
constexpr nanoseconds kBetweenRecorded = std::chrono::milliseconds(1);

[[noreturn]] void throw_errno(const std::string& what) {
  throw std::system_error(errno, std::generic_category(), what);
}

void rest(nanoseconds duration) {
  const timespec time{0, duration.count()};
  ::nanosleep(&time, nullptr);
}

}  // namespace

struct Watcher::Shared {
  struct Window {
    std::atomic<std::int64_t> worst_ns;
    std::atomic<std::uint64_t> calls;
  };
  std::atomic<bool> ready;
  std::atomic<int> failed;  // errno of what went wrong in the child
  std::atomic<std::size_t> window;
  std::array<Window, kMostWindows> windows;
  std::atomic<std::size_t> recorded;  // kRecorded: nothing is to be recorded
  std::array<std::atomic<std::int64_t>, kRecorded> times_ns;
};

Watcher::Watcher(std::filesystem::path folder, std::size_t watches) : folder_(std::move(folder)) {
  void* memory =
      ::mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) throw_errno("mmap");
  shared_ = new (memory) Shared{};
  shared_->recorded = kRecorded;
  std::filesystem::create_directories(folder_);
  pid_ = ::fork();
  if (pid_ < 0) throw_errno("fork");
  if (pid_ == 0) run_child(watches);
}

Watcher::~Watcher() {
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
  ::munmap(shared_, sizeof(Shared));
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

std::string Watcher::file(std::size_t number) const {
  return folder_.string() + "/" + std::to_string(number);
}

void Watcher::run_child(std::size_t watches) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  const int instance = ::inotify_init1(IN_CLOEXEC);
  bool good = instance >= 0;
  for (std::size_t i = 0; good && i < watches; ++i) {
    const std::string path = file(i);
    good = ::mknod(path.c_str(), S_IFREG | 0600, 0) == 0 &&
           ::inotify_add_watch(instance, path.c_str(), IN_MODIFY) >= 0;
  }
  if (!good) {
    shared_->failed = errno;
    ::_exit(1);
  }
  shared_->ready = true;
  for (std::size_t i = 0;; i = (i + 1) % watches) {
    const std::string path = file(i);
    Shared::Window& window = shared_->windows[shared_->window.load()];
    const auto begun = std::chrono::steady_clock::now();
    ::inotify_add_watch(instance, path.c_str(), IN_MODIFY);
    const nanoseconds taken = std::chrono::steady_clock::now() - begun;
    if (taken.count() > window.worst_ns.load()) window.worst_ns = taken.count();
    ++window.calls;
    const std::size_t at = shared_->recorded;
    if (at < kRecorded) {
      shared_->times_ns[at] = taken.count();
      shared_->recorded = at + 1;
    }
    rest(at < kRecorded ? kBetweenRecorded : kBetweenCalls);
  }
}

std::string Watcher::wait_until_ready() const {
  const auto deadline = std::chrono::steady_clock::now() + kSetUpDeadline;
  while (!shared_->ready) {
    if (const int error = shared_->failed; error != 0) {
      return "the watches cannot be made: " + std::generic_category().message(error);
    }
    if (std::chrono::steady_clock::now() >= deadline) return "the watches take too long to make";
    rest(std::chrono::milliseconds(1));
  }
  return {};
}

std::size_t Watcher::next_window() {
  if (shared_->window + 1 == kMostWindows) throw std::length_error("too many windows");
  return ++shared_->window;
}

std::vector<nanoseconds> Watcher::record(const std::function<void()>& meanwhile) {
  shared_->recorded = 0;
  while (shared_->recorded < kRecorded) meanwhile();
  std::vector<nanoseconds> times;
  times.reserve(kRecorded);
  for (const auto& time : shared_->times_ns) times.emplace_back(time.load());
  std::ranges::sort(times);
  return times;
}

nanoseconds Watcher::worst(std::size_t window) const {
  return nanoseconds(shared_->windows.at(window).worst_ns.load());
}

std::uint64_t Watcher::calls(std::size_t window) const {
  return shared_->windows.at(window).calls;
}

}  // namespace kcommons::test
