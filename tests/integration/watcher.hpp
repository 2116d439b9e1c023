// A child process that owns one inotify instance with very many watches and goes on adding watches
// to it, timing each call: what a program feels whose instance somebody reads.
//
// Calls are told apart by windows: the parent numbers them, and a call belongs to the window in
// which it began, however late it ends. Only adding to what is watched already is timed, which
// takes the instance's lock and changes nothing.
//
// One thread. The child is killed and waited for, and its files are removed, with the object.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace kcommons::test {

class Watcher final {
 public:
  static constexpr std::size_t kMostWindows = 1024;
  static constexpr std::size_t kRecorded = 10'000;

  // Throws std::system_error when the child cannot be made. `folder` is made and holds the files.
  Watcher(std::filesystem::path folder, std::size_t watches);
  Watcher(const Watcher&) = delete;
  Watcher& operator=(const Watcher&) = delete;
  ~Watcher();

  // Waits until all watches are there; the reason where they cannot be, empty when all is well.
  [[nodiscard]] std::string wait_until_ready() const;

  // Calls that begin from now on belong to a new window; its number. At most kMostWindows.
  std::size_t next_window();
  // The slowest call that began in the window and has ended. Valid once the calls of the window
  // had time to end, so ask at the end of a phase, not of a window.
  [[nodiscard]] std::chrono::nanoseconds worst(std::size_t window) const;
  [[nodiscard]] std::uint64_t calls(std::size_t window) const;

  // The times of the next kRecorded calls, which are a millisecond apart, ascending. Begins to
  // record and waits for the last of them; `meanwhile` is called over and over until then.
  std::vector<std::chrono::nanoseconds> record(const std::function<void()>& meanwhile);

 private:
  // In memory that both processes share. Lock-free atomics only.
  struct Shared;

  [[noreturn]] void run_child(std::size_t watches);
  [[nodiscard]] std::string file(std::size_t number) const;

  std::filesystem::path folder_;
  Shared* shared_ = nullptr;
  pid_t pid_ = -1;
};

}  // namespace kcommons::test
