#include "live_support.hpp"

#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <fstream>
#include <iterator>

namespace kcommons::test {

namespace {

constexpr uid_t kNobody = 65534;
constexpr int kRightsFailed = 255;

// Where a Child reports; inherited by whatever it forks.
int report_pipe = -1;

// Straight to the kernel: libcap is not needed for two words.
bool set_capabilities(std::uint64_t capabilities) {
  __user_cap_header_struct header{};
  header.version = _LINUX_CAPABILITY_VERSION_3;
  std::array<__user_cap_data_struct, 2> data{};
  for (std::size_t half = 0; half < data.size(); ++half) {
    const auto bits = static_cast<std::uint32_t>(capabilities >> (32 * half));
    data.at(half).effective = bits;
    data.at(half).permitted = bits;
  }
  return ::syscall(SYS_capset, &header, data.data()) == 0;
}

int exit_code_of(pid_t pid) {
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : kRightsFailed - 1;
}

}  // namespace

bool skipped(std::string_view reason) {
  WARN("skipped: " << reason);
  return true;
}

bool lacks_root() {
  return ::geteuid() != 0 && skipped("needs root");
}

std::string fixture(const std::string& name) {
  std::ifstream in(std::string(KCOMMONS_FIXTURES) + "/procfs/" + name, std::ios::binary);
  if (!in) FAIL("no fixture " << name);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

UniqueFd opened(long fd, std::string_view what) {
  if (fd < 0) FAIL(what << ": " << std::error_code(errno, std::generic_category()).message());
  return UniqueFd(static_cast<int>(fd));
}

procfs::ProcRoot real_proc() {
  return must(procfs::ProcRoot::open("/proc"));
}

procfs::ProcessDir real_process(Pid pid) {
  return must(procfs::ProcessDir::open(real_proc(), pid));
}

procfs::ProcessDir own_process() {
  return real_process(Pid(::getpid()));
}

void Child::report_and_stay(bool ready) {
  const char answer = ready ? 'y' : 'n';
  if (::write(report_pipe, &answer, 1) != 1) ::_exit(1);
  stay();
}

void Child::stay() {
  // Not to outlive the test when that is killed. Set last: fork(2) and setuid(2) clear it.
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  while (true) ::pause();
}

Child::Child(const std::function<bool()>& setup) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) FAIL("pipe2");
  UniqueFd from_child(ends[0]);
  UniqueFd to_parent(ends[1]);
  report_pipe = to_parent.get();
  pid_ = ::fork();
  if (pid_ == 0) {
    ::setpgid(0, 0);
    from_child.reset();
    report_and_stay(setup());
  }
  to_parent.reset();
  char answer = 'n';
  ready_ = pid_ > 0 && ::read(from_child.get(), &answer, 1) == 1 && answer == 'y';
}

Child::~Child() {
  kill_and_reap();
}

void Child::kill_only() const {
  if (pid_ <= 0) return;
  ::kill(-pid_, SIGKILL);  // its own children, too
  ::kill(pid_, SIGKILL);
}

void Child::kill_and_reap() {
  if (pid_ <= 0) return;
  kill_only();
  exit_code_of(pid_);
  pid_ = -1;
}

int run_in_child(const std::function<int()>& check) {
  const pid_t pid = ::fork();
  if (pid == 0) ::_exit(check());
  return pid < 0 ? -1 : exit_code_of(pid);
}

int run_as_nobody(std::uint64_t capabilities, const std::function<int()>& check) {
  const int code = run_in_child([&] {
    const bool done = ::prctl(PR_SET_KEEPCAPS, 1) == 0 && ::setgroups(0, nullptr) == 0 &&
                      ::setresgid(kNobody, kNobody, kNobody) == 0 &&
                      ::setresuid(kNobody, kNobody, kNobody) == 0 && set_capabilities(capabilities);
    return done ? check() : kRightsFailed;
  });
  return code == kRightsFailed ? -1 : code;
}

bool send_descriptors(int socket, std::span<const int> numbers) {
  constexpr std::size_t kMost = 253;
  if (numbers.size() > kMost) return false;
  alignas(cmsghdr) std::array<char, CMSG_SPACE(kMost * sizeof(int))> control{};
  char byte = 0;
  iovec data{.iov_base = &byte, .iov_len = 1};
  msghdr message{};
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = CMSG_SPACE(numbers.size_bytes());
  cmsghdr* header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(numbers.size_bytes());
  std::memcpy(CMSG_DATA(header), numbers.data(), numbers.size_bytes());
  return ::sendmsg(socket, &message, MSG_DONTWAIT) == 1;
}

bool write_text(const char* path, const char* text) {
  const int fd = ::open(path, O_WRONLY | O_CLOEXEC);
  const bool done = fd >= 0 && ::write(fd, text, std::strlen(text)) > 0;
  ::close(fd);
  return done;
}

long fork_into_user_ns() {
  return ::syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, nullptr, nullptr, nullptr, 0UL);
}

bool map_self_to_root(uid_t outer) {
  std::array<char, 64> line{};
  std::snprintf(line.data(), line.size(), "0 %u 1", outer);
  return write_text("/proc/self/uid_map", line.data()) &&
         write_text("/proc/self/setgroups", "deny") && write_text("/proc/self/gid_map", "0 0 1");
}

bool eventually(const std::function<bool()>& condition) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    ::sched_yield();
  }
  return true;
}

}  // namespace kcommons::test
