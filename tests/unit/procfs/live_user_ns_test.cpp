// User namespaces of real children, and the pure parsers beside them.
#include <fcntl.h>
#include <sched.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <csignal>
#include <string>

#include "fake_proc.hpp"
#include "live_support.hpp"
#include "procfs/status.hpp"
#include "procfs/user_ns.hpp"

using namespace kcommons;
using namespace kcommons::procfs;
using kcommons::test::must;

namespace {

// clone(2) rather than unshare(2): the latter refuses a process with threads, as one has that runs
// under ThreadSanitizer. 0 in the child.
long fork_into_user_ns() {
  return ::syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, nullptr, nullptr, nullptr, 0UL);
}

bool write_all(const char* path, std::string_view text) {
  const int fd = ::open(path, O_WRONLY | O_CLOEXEC);
  if (fd < 0) return false;
  const bool written = ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  ::close(fd);
  return written;
}

// The only child of `parent`: the one in the new namespace.
Pid child_of(Pid parent) {
  const std::string path = "/proc/" + std::to_string(parent.value()) + "/task/" +
                           std::to_string(parent.value()) + "/children";
  const UniqueFd file = test::opened(::open(path.c_str(), O_RDONLY | O_CLOEXEC), path);
  std::array<char, 32> text{};
  REQUIRE(::read(file.get(), text.data(), text.size() - 1) > 0);
  return Pid(std::stoi(text.data()));
}

bool in_initial_namespace() {
  return must(read_user_ns_inode(test::own_process())) == kInitialUserNs;
}

}  // namespace

TEST_CASE("the link text of a user namespace gives its inode", "[procfs]") {
  CHECK(must(parse_user_ns_link("user:[4026531837]")) == kInitialUserNs);
  CHECK(must(parse_user_ns_link("user:[4026532999]")) == UserNsInode(4026532999));
  for (const char* text : {"", "user:[]", "user:[1", "user:1]", "pid:[4026531837]", "user:[-1]",
                           "user:[1]x", "user:[18446744073709551616]", "user:["}) {
    CAPTURE(text);
    CHECK_FALSE(parse_user_ns_link(text));
  }
  CHECK_FALSE(parse_user_ns_link(std::string(1 << 20, '[')));
}

TEST_CASE("only one line that maps all users to themselves is the whole map", "[procfs]") {
  CHECK(is_whole_identity_map("         0          0 4294967295\n"));
  for (const char* text :
       {"", "\n", "0 0", "0 0 4294967294\n", "0 100000 65536\n", "1 1 4294967295\n",
        "0 0 4294967295 0\n", "0 0 4294967295\n1 1 1\n", "0 0 42949672950\n"}) {
    CAPTURE(text);
    CHECK_FALSE(is_whole_identity_map(text));
  }
  CHECK_FALSE(is_whole_identity_map(std::string(1 << 20, '0')));
}

TEST_CASE("on a fixture the initial namespace has a chain and others are an error", "[procfs]") {
  test::FakeProc proc;
  proc.process(1);
  proc.process(2).user_ns(4026532999);
  proc.process(3);
  proc.link("3/ns/user", "nonsense");
  const ProcRoot root = must(ProcRoot::open(proc.path()));
  const auto chain = must(read_user_ns_chain(must(ProcessDir::open(root, Pid(1)))));
  REQUIRE(chain.size() == 1);
  CHECK(chain[0].inode == kInitialUserNs);
  CHECK(chain[0].owner == Uid(0));
  const auto other = read_user_ns_chain(must(ProcessDir::open(root, Pid(2))));
  REQUIRE_FALSE(other);
  CHECK(other.error().kind() == ErrorKind::kOther);
  CHECK_FALSE(read_user_ns_chain(must(ProcessDir::open(root, Pid(3)))));
  proc.remove("1/ns");
  const auto missing = read_user_ns_inode(must(ProcessDir::open(root, Pid(1))));
  REQUIRE_FALSE(missing);
  CHECK(missing.error().kind() == ErrorKind::kGone);
}

TEST_CASE("this process has a chain that ends where it looks from", "[procfs]") {
  const ProcessDir self = test::own_process();
  const auto chain = must(read_user_ns_chain(self));
  REQUIRE(chain.size() == 1);
  CHECK(chain[0].inode == must(read_user_ns_inode(self)));
  if (in_initial_namespace()) CHECK(must(maps_whole_initial_namespace(self)));
}

TEST_CASE("the owner of a namespace is who made it and not the user inside", "[procfs]") {
  if (test::lacks_root()) return;
  constexpr uid_t kOwner = 54321;
  const test::Child child([] {
    if (::setresuid(kOwner, kOwner, kOwner) != 0) return false;
    const long inner = fork_into_user_ns();
    if (inner == 0) test::Child::report_and_stay(true);
    if (inner < 0) return false;
    test::Child::stay();
  });
  if (!child.is_ready()) {
    test::skipped("user namespaces cannot be made here");
    return;
  }
  const Pid inner = child_of(child.pid());
  const std::string map = "/proc/" + std::to_string(inner.value()) + "/uid_map";
  REQUIRE(write_all(map.c_str(), "0 100000 65536\n"));

  const ProcessDir process = test::real_process(inner);
  const auto chain = must(read_user_ns_chain(process));
  REQUIRE(chain.size() == 2);
  CHECK(chain[0].inode == must(read_user_ns_inode(process)));
  CHECK(chain[0].inode != chain[1].inode);
  CHECK(chain[0].owner == Uid(kOwner));
  CHECK(chain[1].inode == must(read_user_ns_inode(test::own_process())));
  if (in_initial_namespace()) CHECK(chain[1].owner == Uid(0));
  CHECK_FALSE(must(maps_whole_initial_namespace(process)));
}

TEST_CASE("nested namespaces give one owner for each level", "[procfs]") {
  if (test::lacks_root()) return;
  constexpr uid_t kOuterOwner = 54321;
  constexpr uid_t kInnerOwner = 54322;
  std::array<int, 2> ends{};
  REQUIRE(::pipe(ends.data()) == 0);
  const UniqueFd wait_end(ends[0]);
  UniqueFd tell_end(ends[1]);
  const test::Child child([&] {
    tell_end.reset();
    if (::setresgid(kOuterOwner, kOuterOwner, kOuterOwner) != 0) return false;
    if (::setresuid(kOuterOwner, kOuterOwner, kOuterOwner) != 0) return false;
    const long outer = fork_into_user_ns();
    if (outer < 0) return false;
    if (outer > 0) test::Child::report_and_stay(true);
    // Once the test has mapped users 0 and 1, user 1 makes a namespace within this one.
    char byte = 0;
    if (::read(wait_end.get(), &byte, 1) != 1) ::_exit(1);
    if (::syscall(SYS_setresuid, 1, 1, 1) != 0) ::_exit(1);
    if (fork_into_user_ns() < 0) ::_exit(1);
    test::Child::stay();
  });
  if (!child.is_ready()) {
    test::skipped("user namespaces cannot be made here");
    return;
  }
  const Pid outer = child_of(child.pid());
  const std::string folder = "/proc/" + std::to_string(outer.value());
  REQUIRE(write_all((folder + "/uid_map").c_str(), "0 54321 1\n1 54322 1\n"));
  REQUIRE(write_all((folder + "/gid_map").c_str(), "0 54321 1\n"));
  REQUIRE(::write(tell_end.get(), "g", 1) == 1);
  const std::string children = folder + "/task/" + std::to_string(outer.value()) + "/children";
  REQUIRE(test::eventually([&children] {
    const UniqueFd file(::open(children.c_str(), O_RDONLY | O_CLOEXEC));
    char digit = 0;
    return file.is_open() && ::read(file.get(), &digit, 1) == 1;
  }));

  const auto chain = must(read_user_ns_chain(test::real_process(child_of(outer))));
  REQUIRE(chain.size() == 3);
  CHECK(chain[0].owner == Uid(kInnerOwner));
  CHECK(chain[1].owner == Uid(kOuterOwner));
  CHECK(chain[1].inode == must(read_user_ns_inode(test::real_process(outer))));
  CHECK(chain[2].inode == must(read_user_ns_inode(test::own_process())));
}

TEST_CASE("a reader inside a namespace sees the chain up to its own", "[procfs]") {
  const ProcRoot root = test::real_proc();
  const int code = test::run_in_child([] {
    const long inner = fork_into_user_ns();
    if (inner < 0) return 2;
    if (inner == 0) {
      const auto here = ProcRoot::open("/proc");
      if (!here) ::_exit(3);
      const auto self = ProcessDir::open(*here, Pid(static_cast<int>(::syscall(SYS_getpid))));
      if (!self) ::_exit(4);
      const auto chain = read_user_ns_chain(*self);
      if (!chain) ::_exit(5);
      ::_exit(chain->size() == 1 && (*chain)[0].inode != kInitialUserNs ? 0 : 6);
    }
    int status = 0;
    if (::syscall(SYS_wait4, inner, &status, 0, nullptr) != inner) return 7;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 8;
  });
  if (code == 2) {
    test::skipped("user namespaces cannot be made here");
    return;
  }
  CHECK(code == 0);
}

TEST_CASE("real and effective users of a live process are told apart", "[procfs]") {
  if (test::lacks_root()) return;
  const test::Child child([] { return ::setresuid(60001, 60002, 60002) == 0; });
  REQUIRE(child.is_ready());
  std::string buffer;
  const Status status = must(read_status(test::real_process(child.pid()), buffer));
  CHECK(status.real_uid == Uid(60001));
  CHECK(status.effective_uid == Uid(60002));
}
