// For the tests that look at real processes: children made on purpose, unwrapped results, and the
// reason when a test cannot run here.
#pragma once

#include <sys/types.h>

#include <catch2/catch.hpp>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "base/ids.hpp"
#include "base/result.hpp"
#include "base/unique_fd.hpp"
#include "procfs/proc_root.hpp"
#include "procfs/process_dir.hpp"

namespace kcommons::test {

// The value, or a failed test that shows the error.
template <typename T>
T must(Result<T> result) {
  if (!result) FAIL(result.error().message());
  return std::move(*result);
}
inline void must(const Result<void>& result) {
  if (!result) FAIL(result.error().message());
}

// Reports why a test does not run. Use: if (lacks_root()) return;
bool skipped(std::string_view reason);
bool lacks_root();

// The contents of a file below tests/fixtures/procfs.
std::string fixture(const std::string& name);

// A file descriptor of a system call, or a failed test.
UniqueFd opened(long fd, std::string_view what);

procfs::ProcRoot real_proc();
procfs::ProcessDir real_process(Pid pid);
procfs::ProcessDir own_process();

// A child that runs `setup`, reports, and then stays as it is until this object goes: then it and
// all that it forked are killed. `setup` returns false when it could not do what it should. In the
// child only system calls are safe.
class Child final {
 public:
  explicit Child(const std::function<bool()>& setup);
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child();

  [[nodiscard]] bool is_ready() const { return ready_; }
  [[nodiscard]] Pid pid() const { return Pid(pid_); }
  void kill_and_reap();
  void kill_only() const;

  // For `setup` that goes on in another process or thread: says ready and never returns.
  [[noreturn]] static void report_and_stay(bool ready);
  [[noreturn]] static void stay();

 private:
  pid_t pid_ = -1;
  bool ready_ = false;
};

// Sends descriptors over a Unix socket as SCM_RIGHTS (unix(7)), with one byte, in one message; at
// most 253 (SCM_MAX_FD). False where the socket does not take them. System calls only.
bool send_descriptors(int socket, std::span<const int> numbers);

// Of what a test does in a user namespace, with system calls only.
bool write_text(const char* path, const char* text);
// clone(2), for unshare(2) refuses a process with threads. 0 in the child.
long fork_into_user_ns();
// In it. An ordinary user may map no other user than itself, and a group only when it gives up
// setgroups(2). Both are needed for a namespace within this one.
bool map_self_to_root(uid_t outer);

// Runs `check` in a forked child as user 65534 with exactly these capabilities (bits) and gives its
// return value, or -1 when the rights could not be set so.
int run_as_nobody(std::uint64_t capabilities, const std::function<int()>& check);

// Runs `check` in a forked child and gives its return value.
int run_in_child(const std::function<int()>& check);

// Tries until it is true; false when that takes longer than ten seconds.
bool eventually(const std::function<bool()>& condition);

}  // namespace kcommons::test
