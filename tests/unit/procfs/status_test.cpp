#include "procfs/status.hpp"

#include <catch2/catch.hpp>
#include <string>

#include "fake_proc.hpp"
#include "live_support.hpp"

using namespace kcommons;
using namespace kcommons::procfs;
using kcommons::test::must;

TEST_CASE("status of a real process gives users and capabilities", "[procfs]") {
  const Status status = must(parse_status(test::fixture("status-6.18")));
  CHECK(status.real_uid == Uid(0));
  CHECK(status.effective_uid == Uid(0));
  CHECK(status.effective_capabilities == 0x1fffeffffffU);
  CHECK(status.pid_namespace_depth == 1);
}

TEST_CASE("the queue of signals is the first number of SigQ", "[procfs]") {
  CHECK(must(parse_status(test::fixture("status-6.18"))).queued_signals == 0U);
  const auto queued = [](const std::string& line) {
    return must(parse_status("Name:\tx\nUid:\t1\t1\t1\t1\n" + line + "CapEff:\t0000000000000000\n"))
        .queued_signals;
  };
  CHECK(queued("SigQ:\t3/96364\n") == 3U);
  CHECK(queued("SigQ:\t96365/96364\n") == 96365U);
  // RLIM_INFINITY
  CHECK(queued("SigQ:\t5/18446744073709551615\n") == 5U);
  CHECK(queued("SigQ:\t18446744073709551615/1\n") == 18446744073709551615U);
  CHECK(queued("SigQ:\t7/8\nSigQ:\t9/10\n") == 7U);
}

TEST_CASE("a status without SigQ has no queue of signals rather than an empty one", "[procfs]") {
  CHECK_FALSE(must(parse_status("Name:\tSigQ:\t1/2\nUid:\t1\t1\t1\t1\n"
                                "CapEff:\t0000000000000000\n"))
                  .queued_signals);
}

TEST_CASE("a SigQ that is not two numbers is malformed and quoted", "[procfs]") {
  const std::string value =
      GENERATE(as<std::string>{}, "3", "3/", "/96364", "-1/96364", "x/96364", "3/x", "3/96364 1",
               "18446744073709551616/1", "3/18446744073709551616", "3/4/5", "3 / 4");
  CAPTURE(value);
  const auto status = parse_status(
      "Name:\tx\nUid:\t1\t1\t1\t1\nCapEff:\t0000000000000000\n"
      "SigQ:\t" +
      value + "\n");
  REQUIRE_FALSE(status);
  CHECK(status.error().kind() == ErrorKind::kMalformed);
  CHECK(status.error().message() == "parse status: SigQ line: unexpected \"\\x09" + value + "\"");
}

TEST_CASE("real and effective users are told apart", "[procfs]") {
  const Status status =
      must(parse_status("Name:\tx\nUid:\t60001\t60002\t60003\t60004\nNSpid:\t4711\t12\t1\n"
                        "CapEff:\t0000000000200000\n"));
  CHECK(status.real_uid == Uid(60001));
  CHECK(status.effective_uid == Uid(60002));
  CHECK(status.effective_capabilities == 0x200000);
  CHECK(status.pid_namespace_depth == 3);
}

TEST_CASE("a kernel without NSpid has one pid namespace for each process", "[procfs]") {
  const Status status =
      must(parse_status("Name:\tx\nUid:\t1\t2\t3\t4\nCapEff:\t0000000000000000\n"));
  CHECK(status.pid_namespace_depth == 1);
}

TEST_CASE("a name cannot pretend to be a line of status", "[procfs]") {
  const std::string rest = "Uid:\t33\t33\t33\t33\nNSpid:\t5\nCapEff:\t0000000000000001\n";
  // As the kernel writes it: the line break is two characters, the tab is raw.
  const std::string name = GENERATE(as<std::string>{}, "a) S 1 (\\nUid:\t9", "Uid:\t0\t0\t0\t0",
                                    "\\nCapEff:\tffff", "Name:\tUid:\t0");
  CAPTURE(name);
  const Status status = must(parse_status("Name:\t" + name + "\n" + rest));
  CHECK(status.real_uid == Uid(33));
  CHECK(status.effective_capabilities == 1);

  test::FakeProc proc;
  proc.process(9).comm("a) S 1 (\nUid:\t9").uid(77);
  const ProcRoot root = must(ProcRoot::open(proc.path()));
  std::string buffer;
  CHECK(must(read_status(must(ProcessDir::open(root, Pid(9))), buffer)).real_uid == Uid(77));
}

TEST_CASE("keys count at the start of a line only and the first one wins", "[procfs]") {
  const Status status = must(
      parse_status("Name:\tx\nState:\tS Uid:\t9\t9\t9\t9\n Uid:\t8\t8\t8\t8\nUid:\t1\t1\t1\t1\n"
                   "Uid:\t2\t2\t2\t2\nCapEff:\t0000000000000000\n"));
  CHECK(status.real_uid == Uid(1));
}

TEST_CASE("status text that is not whole or not sound is malformed", "[procfs]") {
  const std::string text =
      GENERATE(as<std::string>{}, "", "garbage", "\n\n\n", "Name:\tx\n",
               "Uid:\t1\t1\t1\t1\nCapEff:\t0000000000000000\n",               // no name
               "Name:\tx\nCapEff:\t0000000000000000\n",                       // no users
               "Name:\tx\nUid:\t1\t1\t1\t1\n",                                // no capabilities
               "Name:\tx\nUid:\t1\t1\nCapEff:\t0000000000000000\n",           // two users
               "Name:\tx\nUid:\t1\t1\t1\t1\t1\nCapEff:\t0000000000000000\n",  // five
               "Name:\tx\nUid:\t-1\t1\t1\t1\nCapEff:\t0000000000000000\n",    // negative
               "Name:\tx\nUid:\t4294967296\t1\t1\t1\nCapEff:\t0000000000000000\n",  // too large
               "Name:\tx\nUid:\t1\t1\t1\t1\nCapEff:\t00000000000\n",                // cut
               "Name:\tx\nUid:\t1\t1\t1\t1\nCapEff:\t000000000000000g\n",           // not hex
               "Name:\tx\nUid:\t1\t1\t1\t1\nNSpid:\t1\tx\nCapEff:\t0000000000000000\n");
  CAPTURE(text);
  const auto status = parse_status(text);
  REQUIRE_FALSE(status);
  CHECK(status.error().kind() == ErrorKind::kMalformed);
}

TEST_CASE("no cut of a real status file gives other numbers", "[procfs]") {
  const std::string whole = test::fixture("status-6.18");
  for (std::size_t length = 0; length < whole.size(); ++length) {
    const auto status = parse_status(std::string_view(whole).substr(0, length));
    if (!status) continue;
    CAPTURE(length);
    CHECK(status->effective_capabilities == 0x1fffeffffffU);
    CHECK(status->pid_namespace_depth == 1);
    CHECK(status->queued_signals == 0U);
  }
}

TEST_CASE("a megabyte of garbage in status is malformed", "[procfs]") {
  for (const char filler : {'\n', 'U', '\t', '\0', '\xff'}) {
    CHECK_FALSE(parse_status(std::string(1 << 20, filler)));
    CHECK_FALSE(parse_status("Name:\tx\n" + std::string(1 << 20, filler)));
  }
}
