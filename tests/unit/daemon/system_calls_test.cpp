#include "daemon/system_calls.hpp"

#include <fcntl.h>
#include <linux/bpf.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <catch2/catch.hpp>
#include <cerrno>
#include <string>
#include <thread>

#include "base/unique_fd.hpp"

using namespace kcommons;
using namespace kcommons::daemon;

namespace {

int error_of(long result) {
  return result < 0 ? errno : 0;
}

// Each with arguments that the kernel refuses for another reason, before it looks at any right.
struct Call {
  const char* name;
  int number;
  std::array<long, 4> arguments{};

  [[nodiscard]] int error() const {
    return error_of(::syscall(number, arguments[0], arguments[1], arguments[2], arguments[3]));
  }
};

constexpr std::array kDenied{
    Call{"unshare", SYS_unshare, {0}},
    Call{"setns", SYS_setns, {-1, 0}},
    Call{"process_vm_readv", SYS_process_vm_readv, {0, 0, 0, 0}},
    Call{"process_vm_writev", SYS_process_vm_writev, {0, 0, 0, 0}},
    Call{"keyctl", SYS_keyctl, {-1}},
    Call{"add_key", SYS_add_key, {0, 0, 0, 0}},
    Call{"mount", SYS_mount, {0, 0, 1}},
    Call{"userfaultfd", SYS_userfaultfd, {-1}},
};
constexpr std::array kDebugging{
    Call{"execve", SYS_execve, {0, 0, 0}},
    Call{"execveat", SYS_execveat, {-1, 0, 0, 0}},
    Call{"ptrace", SYS_ptrace, {-1, -1, 0, 0}},
};
constexpr Call kBpf{"bpf", SYS_bpf, {-1, 0, 0}};
constexpr Call kLoadProgram{"bpf", SYS_bpf, {BPF_PROG_LOAD, 0, 0}};
constexpr Call kNewUserNamespace{"clone", SYS_clone, {CLONE_NEWUSER | CLONE_FS, 0, 0, 0}};
constexpr Call kNewProcess{"clone", SYS_clone, {CLONE_SIGHAND, 0, 0, 0}};

// What goes wrong, as text: assertions of a child are not seen.
using Complaints = std::string;

template <std::size_t n>
void expect(const std::array<Call, n>& calls, bool denied, Complaints& complaints) {
  for (const Call& call : calls) {
    const int error = call.error();
    if ((error == EPERM) != denied) {
      complaints += std::string(call.name) + ": errno " + std::to_string(error) + "\n";
    }
  }
}

// Runs `body` in a process of its own, because what is denied is denied for good.
template <typename Body>
std::string complaints_of(Body body) {
  std::array<int, 2> ends{-1, -1};
  REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
  const UniqueFd from(ends[0]);
  UniqueFd to(ends[1]);
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    Complaints complaints;
    body(complaints);
    complaints += "done";
    const bool written = ::write(to.get(), complaints.data(), complaints.size()) > 0;
    ::_exit(written ? 0 : 1);
  }
  to = UniqueFd();
  std::string text;
  std::array<char, 1024> block{};
  for (ssize_t got = 0; (got = ::read(from.get(), block.data(), block.size())) > 0;) {
    text.append(block.data(), static_cast<std::size_t>(got));
  }
  ::waitpid(child, nullptr, 0);
  return text;
}

void limit(const SystemCallNeeds& needs, Complaints& complaints) {
  ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  if (const auto limited = limit_system_calls(needs); !limited) {
    complaints += limited.error().message() + "\n";
  }
}

}  // namespace

TEST_CASE("what is never needed is denied and was not before", "[daemon][no-valgrind]") {
  CHECK(complaints_of([](Complaints& complaints) {
          expect(kDenied, false, complaints);
          expect(kDebugging, false, complaints);
          limit({.bpf = false, .debugging = false}, complaints);
          expect(kDenied, true, complaints);
          expect(kDebugging, true, complaints);
          expect(std::array{kBpf, kNewUserNamespace, kNewProcess}, true, complaints);
          if (::fork() >= 0) complaints += "forked\n";
        }) == "done");
}

TEST_CASE("the source and sanitizers keep what they need", "[daemon][no-valgrind]") {
  CHECK(complaints_of([](Complaints& complaints) {
          limit({.bpf = true, .debugging = true}, complaints);
          expect(kDenied, true, complaints);
          expect(kDebugging, false, complaints);
          expect(std::array{kBpf, kNewProcess}, false, complaints);
          expect(std::array{kNewUserNamespace, kLoadProgram}, true, complaints);
        }) == "done");
}

#if defined(__x86_64__)
TEST_CASE("calls of x32 do not lead past the filter", "[daemon][no-valgrind]") {
  CHECK(complaints_of([](Complaints& complaints) {
          constexpr int kX32 = 0x40000000;
          limit({.bpf = true, .debugging = true}, complaints);
          expect(std::array{Call{"getpid of x32", kX32 + SYS_getpid}}, true, complaints);
        }) == "done");
}
#endif

TEST_CASE("threads are limited whether they were there before or come later",
          "[daemon][no-valgrind]") {
  CHECK(complaints_of([](Complaints& complaints) {
          std::atomic<bool> go = false;
          int before = 0;
          std::thread earlier([&] {
            go.wait(false);
            before = kDenied[0].error();
          });
          limit({.bpf = true, .debugging = false}, complaints);
          go = true;
          go.notify_all();
          earlier.join();
          int after = 0;
          std::thread([&] { after = kDenied[0].error(); }).join();
          if (before != EPERM) complaints += "an earlier thread is not limited\n";
          if (after != EPERM) complaints += "a later thread is not limited\n";
        }) == "done");
}

TEST_CASE("without no_new_privs and without rights the filter is refused",
          "[daemon][no-valgrind]") {
  if (::prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1) {
    WARN("skipped: the tests run with no_new_privs");
    return;
  }
  CHECK(complaints_of([](Complaints& complaints) {
          if (::getuid() == 0 && ::setresuid(65534, 65534, 65534) != 0) complaints += "no user\n";
          const auto limited = limit_system_calls({.bpf = true});
          if (limited) {
            complaints += "installed\n";
          } else if (limited.error().kind() != ErrorKind::kDenied) {
            complaints += limited.error().message() + "\n";
          }
          expect(kDenied, false, complaints);
        }) == "done");
}
