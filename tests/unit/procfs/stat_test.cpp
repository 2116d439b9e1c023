#include "procfs/stat.hpp"

#include <catch2/catch.hpp>
#include <cstdint>
#include <string>

#include "fake_proc.hpp"
#include "live_support.hpp"

using namespace kcommons;
using namespace kcommons::procfs;
using kcommons::test::must;

namespace {

std::string record(const std::string& comm, const std::string& start_time = "144018") {
  return "4711 (" + comm + ") S 1 4711 4711 0 -1 4194304 101 0 0 0 0 0 0 0 20 0 3 0 " + start_time +
         " 3133440 386\n";
}

}  // namespace

TEST_CASE("stat of a real process gives its fields", "[procfs]") {
  const Stat stat = must(parse_stat(test::fixture("stat-6.18")));
  CHECK(stat.pid == Pid(19019));
  CHECK(stat.comm == "nginx");
  CHECK(stat.state == 'R');
  CHECK(stat.ppid == Pid(19017));
  CHECK(stat.flags == 4194304);
  CHECK(stat.num_threads == 1);
  CHECK(stat.start_time == 225850);
  CHECK_FALSE(stat.is_kernel_thread());
  CHECK_FALSE(stat.is_zombie());
}

TEST_CASE("the name of a process may be anything and the fields follow its last parenthesis",
          "[procfs]") {
  const std::string comm =
      GENERATE(as<std::string>{}, "job (2) .sh", "a) S 1 (\nUid:\t9", ") Z 9 9 9", "((((", "))))",
               "", " ", "\xff\xfe\x80", "a) R 2 3 4 5");
  CAPTURE(comm);
  const Stat stat = must(parse_stat(record(comm)));
  CHECK(stat.comm == comm);
  CHECK(stat.state == 'S');
  CHECK(stat.ppid == Pid(1));
  CHECK(stat.num_threads == 3);
  CHECK(stat.start_time == 144018);
}

TEST_CASE("stat text that is not whole is malformed", "[procfs]") {
  const std::string whole = record("web");
  // Every cut up to the separator after the start time loses something.
  const std::size_t needed = whole.find(" 3133440") + 1;
  for (std::size_t length = 0; length < needed; ++length) {
    CAPTURE(length);
    const auto stat = parse_stat(std::string_view(whole).substr(0, length));
    REQUIRE_FALSE(stat);
    CHECK(stat.error().kind() == ErrorKind::kMalformed);
  }
  CHECK(parse_stat(std::string_view(whole).substr(0, needed)));
}

TEST_CASE("stat text with garbage in a field is malformed", "[procfs]") {
  const std::string text =
      GENERATE(as<std::string>{}, "", "garbage", "1 (a", "(a) S 1", "x (a) S 1 1 1 0 -1 0 0",
               "1 (a) SS 1 1 1 0 -1 4 0 0 0 0 0 0 0 0 20 0 1 0 5 0\n",
               "1 (a) S -x 1 1 0 -1 4 0 0 0 0 0 0 0 0 20 0 1 0 5 0\n",
               "1 (a) S 1 1 1 0 -1 -4 0 0 0 0 0 0 0 0 20 0 1 0 5 0\n",
               "1 (a) S 1 1 1 0 -1 4 0 0 0 0 0 0 0 0 20 0 ? 0 5 0\n",
               "1 (a) S 1 1 1 0 -1 4 0 0 0 0 0 0 0 0 20 0 1 0 -5 0\n",
               "1 (a) S 1 1 1 0 -1 4 0 0 0 0 0 0 0 0 20 0 1 0 99999999999999999999 0\n");
  CAPTURE(text);
  CHECK_FALSE(parse_stat(text));
}

TEST_CASE("a megabyte of garbage in stat is malformed and quoted shortly", "[procfs]") {
  for (const char filler : {'(', ')', ' ', '9', '\0'}) {
    const auto stat = parse_stat(std::string(1 << 20, filler));
    REQUIRE_FALSE(stat);
    CHECK(stat.error().message().size() < 500);
  }
  CHECK(must(parse_stat(record(std::string(1 << 20, ')')))).start_time == 144018);
}

TEST_CASE("flags and state tell kernel threads and zombies", "[procfs]") {
  test::FakeProc proc;
  proc.process(2).kernel_thread().comm("kthreadd");
  proc.process(7).zombie().threads({8, 9});
  const ProcRoot root = must(ProcRoot::open(proc.path()));
  std::string buffer;
  CHECK(must(read_stat(must(ProcessDir::open(root, Pid(2))), buffer)).is_kernel_thread());
  const Stat zombie = must(read_stat(must(ProcessDir::open(root, Pid(7))), buffer));
  CHECK(zombie.is_zombie());
  CHECK(zombie.num_threads == 3);
}

TEST_CASE("an error about a stat file names the process", "[procfs]") {
  test::FakeProc proc;
  proc.process(42);
  proc.file("42/stat", "garbage");
  const ProcRoot root = must(ProcRoot::open(proc.path()));
  const ProcessDir process = must(ProcessDir::open(root, Pid(42)));
  std::string buffer;
  auto stat = read_stat(process, buffer);
  REQUIRE_FALSE(stat);
  CHECK(stat.error().kind() == ErrorKind::kMalformed);
  CHECK(stat.error().message().find(proc.path() + "/42") != std::string::npos);
  CHECK(stat.error().message().find("garbage") != std::string::npos);

  proc.remove("42/stat");
  stat = read_stat(process, buffer);
  REQUIRE_FALSE(stat);
  CHECK(stat.error().kind() == ErrorKind::kGone);
}
