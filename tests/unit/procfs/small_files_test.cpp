// limits, cgroup, sysctl values, loadavg, mountinfo.
#include <catch2/catch.hpp>
#include <string>

#include "fake_proc.hpp"
#include "live_support.hpp"
#include "procfs/cgroup.hpp"
#include "procfs/file_reader.hpp"
#include "procfs/hidepid.hpp"
#include "procfs/limits.hpp"
#include "procfs/loadavg.hpp"
#include "procfs/sysctl.hpp"

using namespace kcommons;
using namespace kcommons::procfs;
using kcommons::test::must;

TEST_CASE("limits of a real process give the row of open files", "[procfs]") {
  const Limits limit = must(parse_limits(test::fixture("limits-6.18")));
  CHECK(limit.open_files == 20000);
  CHECK(limit.open_files_hard == 20000);
}

TEST_CASE("an unlimited number of open files is an empty limit", "[procfs]") {
  const Limits limit = must(parse_limits(
      "Max open files            1024                 unlimited            files     \n"));
  CHECK(limit.open_files == 1024);
  CHECK_FALSE(limit.open_files_hard);
  CHECK_FALSE(must(parse_limits("Max open files unlimited unlimited files")).open_files);
}

TEST_CASE("limits text that is not whole or not sound is malformed", "[procfs]") {
  const std::string text =
      GENERATE(as<std::string>{}, "garbage", "Max open files            1024",
               "Max open files            1024                 5242",
               "Max open files            1024                 524288               fil",
               "Max open files            -1                 524288               files",
               "Max open files            many                 524288               files",
               "Max open files 99999999999999999999 1 files", " Max open files 1 1 files",
               "Max open filesystems 1 1 files");
  CAPTURE(text);
  CHECK_FALSE(parse_limits(text));
  CHECK_FALSE(parse_limits(std::string(1 << 20, 'M')));
  CHECK_FALSE(parse_limits(std::string(1 << 20, '\n')));
}

TEST_CASE("limits are read through the process and empty ones mean that it ended", "[procfs]") {
  test::FakeProc proc;
  proc.process(5).limits(2048, std::nullopt);
  const ProcRoot root = must(ProcRoot::open(proc.path()));
  const ProcessDir process = must(ProcessDir::open(root, Pid(5)));
  std::string buffer;
  const Limits limit = must(read_limits(process, buffer));
  CHECK(limit.open_files == 2048);
  CHECK_FALSE(limit.open_files_hard);
  proc.file("5/limits", "");
  const auto ended = read_limits(process, buffer);
  REQUIRE_FALSE(ended);
  CHECK(ended.error().kind() == ErrorKind::kGone);
}

TEST_CASE("the cgroup text comes as it is", "[procfs]") {
  const std::string text = "12:cpuset:/\n0::/a:b\xff (deleted)\n";
  test::FakeProc proc;
  proc.process(5).cgroup(text);
  const ProcRoot root = must(ProcRoot::open(proc.path()));
  const ProcessDir process = must(ProcessDir::open(root, Pid(5)));
  std::string buffer;
  CHECK(must(read_cgroup(process, buffer)) == text);
  proc.file("5/cgroup", std::string(kFileLimit + 1, '/'));
  const auto huge = read_cgroup(process, buffer);
  REQUIRE_FALSE(huge);
  CHECK(huge.error().kind() == ErrorKind::kMalformed);
}

TEST_CASE("a sysctl value is one number and nothing else", "[procfs]") {
  CHECK(must(parse_sysctl_u64("8192\n")) == 8192);
  CHECK(must(parse_sysctl_u64("0\n")) == 0);
  CHECK(must(parse_sysctl_u64("18446744073709551615\n")) == 18446744073709551615U);
  for (const char* text :
       {"", "\n", "-1\n", "1 2\n", "0x10\n", "18446744073709551616\n", "max\n"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_sysctl_u64(text));
  }
  CHECK_FALSE(parse_sysctl_u64(std::string(1 << 20, '9')));
}

TEST_CASE("file-nr gives use and limit and no limit at LONG_MAX", "[procfs]") {
  const FileNr usual = must(parse_file_nr("1472\t0\t65536\n"));
  CHECK(usual.allocated == 1472);
  CHECK(usual.limit == 65536);
  const FileNr unlimited = must(parse_file_nr("1472\t0\t9223372036854775807\n"));
  CHECK(unlimited.allocated == 1472);
  CHECK_FALSE(unlimited.limit);
  CHECK_FALSE(must(parse_file_nr("1\t0\t18446744073709551615\n")).limit);
  CHECK(must(parse_file_nr("1\t0\t9223372036854775806\n")).limit == 9223372036854775806U);
  // Root may go beyond the limit, and the numbers say so.
  const FileNr beyond = must(parse_file_nr("70000\t0\t65536\n"));
  CHECK(beyond.allocated > *beyond.limit);
}

TEST_CASE("file-nr text that is not three numbers is malformed", "[procfs]") {
  for (const char* text : {"", "\n", "1472", "1472\t0", "1472\t0\t", "a\t0\t1\n", "1\tb\t1\n",
                           "1\t0\tc\n", "1\t0\t1\t1\n", "-1\t0\t1\n"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_file_nr(text));
  }
  CHECK_FALSE(parse_file_nr(std::string(1 << 20, '1')));
}

TEST_CASE("loadavg gives the number of threads of the host", "[procfs]") {
  CHECK(must(parse_total_threads("0.00 0.12 0.12 2/88 5849\n")) == 88);
  CHECK(must(parse_total_threads("120.50 80.01 60.99 17/40960 4194303\n")) == 40960);
  for (const char* text :
       {"", "\n", "0.00 0.12 0.12", "0.00 0.12 0.12 2/88", "0.00 0.12 0.12 288 5",
        "0.00 0.12 0.12 2/ 5", "0.00 0.12 0.12 2/x 5", "0.00 0.12 0.12 -2/88 5"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_total_threads(text));
  }
  CHECK_FALSE(parse_total_threads(std::string(1 << 20, ' ')));
  CHECK_FALSE(parse_total_threads(std::string(1 << 20, '/')));
}

TEST_CASE("hidepid is read from the mount of the device asked for", "[procfs]") {
  const std::string text = test::fixture("mountinfo-hidepid");
  CHECK(must(parse_hidepid(text, "0:20")) == "invisible");
  CHECK(must(parse_hidepid(text, "0:44")) == "2");
  CHECK_FALSE(must(parse_hidepid(text, "0:45")));
  CHECK_FALSE(must(parse_hidepid(text, "0:46")));
  CHECK_FALSE(must(parse_hidepid("1 2 0:9 / /proc rw - proc proc rw,hidepid=off", "0:9")));
}

TEST_CASE("a mountinfo that does not list the procfs is malformed", "[procfs]") {
  const std::string text = test::fixture("mountinfo-hidepid");
  CHECK_FALSE(parse_hidepid(text, "0:99"));
  CHECK_FALSE(parse_hidepid(text, "0:19"));  // sysfs
  CHECK_FALSE(parse_hidepid("", "0:20"));
  CHECK_FALSE(parse_hidepid("22 26 0:20 / /proc rw", "0:20"));
  CHECK_FALSE(parse_hidepid("22 26 0:20 / /proc rw - proc proc", "0:20"));
  CHECK_FALSE(parse_hidepid(std::string(1 << 20, ' '), "0:20"));
  CHECK_FALSE(parse_hidepid(std::string(1 << 20, '\n'), "0:20"));
}
