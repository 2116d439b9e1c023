// limits, cgroup, sysctl values, loadavg, mountinfo.
#include <catch2/catch.hpp>
#include <optional>
#include <string>
#include <vector>

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

namespace {

// The rows that are demanded, each with the limits "soft hard" given for it or others.
std::string limits_text(const std::string& replaced = "", const std::string& limits = "") {
  struct Row {
    std::string name;
    std::string unit;
  };
  const std::vector<Row> rows{{"Max processes", "processes"},
                              {"Max open files", "files"},
                              {"Max locked memory", "bytes"},
                              {"Max pending signals", "signals"},
                              {"Max msgqueue size", "bytes"}};
  std::string text = "Limit                     Soft Limit           Hard Limit           Units\n";
  for (const Row& row : rows) {
    if (row.name != replaced) {
      text += row.name + "  1 2  " + row.unit + "\n";
    } else if (!limits.empty()) {
      text += row.name + "  " + limits + "  " + row.unit + "\n";
    }
  }
  return text;
}

struct LimitRow {
  const char* name;
  std::optional<std::uint64_t> Limits::*soft;
};
const std::vector<LimitRow> kLimitRows{{"Max processes", &Limits::processes},
                                       {"Max open files", &Limits::open_files},
                                       {"Max locked memory", &Limits::locked_memory_bytes},
                                       {"Max pending signals", &Limits::pending_signals},
                                       {"Max msgqueue size", &Limits::mqueue_bytes}};

}  // namespace

TEST_CASE("limits of a real process give the rows of what is shared", "[procfs]") {
  const Limits limit = must(parse_limits(test::fixture("limits-6.18")));
  CHECK(limit.open_files == 20000);
  CHECK(limit.open_files_hard == 20000);
  CHECK(limit.processes == 96364);
  CHECK(limit.locked_memory_bytes == 8388608);
  CHECK(limit.pending_signals == 96364);
  CHECK(limit.mqueue_bytes == 819200);
}

TEST_CASE("a limit is the soft one and an unlimited one is empty", "[procfs]") {
  for (const auto& [name, soft] : kLimitRows) {
    CAPTURE(name);
    CHECK(must(parse_limits(limits_text(name, "7 8"))).*soft == 7);
    CHECK(must(parse_limits(limits_text(name, "0 unlimited"))).*soft == 0);
    CHECK(must(parse_limits(limits_text(name, "18446744073709551615 unlimited"))).*soft ==
          18446744073709551615U);
    const Limits unlimited = must(parse_limits(limits_text(name, "unlimited unlimited")));
    for (const auto& [other, limit] : kLimitRows) {
      CAPTURE(other);
      CHECK((unlimited.*limit).has_value() == (limit != soft));
    }
  }
  CHECK_FALSE(must(parse_limits(limits_text("Max open files", "1 unlimited"))).open_files_hard);
}

TEST_CASE("of two rows with one name the first counts and unknown rows are skipped", "[procfs]") {
  const Limits limit = must(parse_limits("Max new things  many x\n" + limits_text() +
                                         "Max pending signals 9 9 signals\nMax new 1 2 bytes\n"));
  CHECK(limit.pending_signals == 1);
}

TEST_CASE("limits with an unsound row are malformed and the row is quoted", "[procfs]") {
  const std::string limits = GENERATE(as<std::string>{}, "1024", "-1 524288", "1024 -1",
                                      "many 524288", "1024 many", "18446744073709551616 1",
                                      "1 18446744073709551616", "0x10 1", "1 2 3", "Unlimited 1");
  for (const auto& [name, soft] : kLimitRows) {
    CAPTURE(name, limits);
    const auto parsed = parse_limits(limits_text(name, limits));
    REQUIRE_FALSE(parsed);
    CHECK(parsed.error().kind() == ErrorKind::kMalformed);
    CHECK(parsed.error().message().starts_with(std::string("parse limits: unexpected \"") + name +
                                               "  " + limits + "  "));
  }
}

TEST_CASE("a row of limits with a word too many is malformed", "[procfs]") {
  std::string text = limits_text();
  must(parse_limits(text));
  text.insert(text.find("files") + std::string("files").size(), "     7");
  CHECK_FALSE(parse_limits(text));
}

TEST_CASE("limits without one of the rows are malformed and the row is named", "[procfs]") {
  for (const auto& [name, soft] : kLimitRows) {
    const auto parsed = parse_limits(limits_text(name));
    REQUIRE_FALSE(parsed);
    CHECK(parsed.error().kind() == ErrorKind::kMalformed);
    CHECK(parsed.error().message().starts_with(std::string("parse limits: no row \"") + name +
                                               "\": "));
  }
}

TEST_CASE("limits text of something else is malformed", "[procfs]") {
  for (const char* text : {"", "garbage", "Limit\n", " Max open files 1 1 files\n",
                           "Max open filesystems 1 1 files\n"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_limits(text));
  }
  CHECK_FALSE(parse_limits(std::string(1 << 20, 'M')));
  CHECK_FALSE(parse_limits(std::string(1 << 20, '\n')));
}

TEST_CASE("no cut of a real limits file gives another limit", "[procfs]") {
  const std::string whole = test::fixture("limits-6.18");
  const std::size_t needed = whole.find("Max nice priority");
  for (std::size_t length = 0; length < whole.size(); ++length) {
    CAPTURE(length);
    const auto cut = parse_limits(std::string_view(whole).substr(0, length));
    if (length >= needed) REQUIRE(cut);
    if (!cut) continue;
    CHECK(cut->pending_signals == 96364);
    CHECK(cut->mqueue_bytes == 819200);
  }
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
  proc.file("5/cgroup", "");  // no hierarchy is mounted
  CHECK(must(read_cgroup(process, buffer)).empty());
  proc.file("5/cgroup", "1:cpuset:/\n0::/docker/4f");
  const auto cut = read_cgroup(process, buffer);
  REQUIRE_FALSE(cut);
  CHECK(cut.error().message() ==
        proc.path() + "/5: read cgroup: cut short: unexpected \"0::/docker/4f\"");
  proc.file("5/cgroup", "\xfe\x01 what\n:\n");
  CHECK_FALSE(read_cgroup(process, buffer));  // nothing in it tells where the process stands
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
       {"", "\n", "-1\n", "1 2\n", "0x10\n", "18446744073709551616\n", "max\n", "8192"}) {
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
                           "1\t0\tc\n", "1\t0\t1\t1\n", "-1\t0\t1\n", "1472\t0\t65536"}) {
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
        "0.00 0.12 0.12 2/ 5", "0.00 0.12 0.12 2/x 5", "0.00 0.12 0.12 -2/88 5",
        "0.00 0.12 0.12 2/88 5849 1\n", "0.00 0.12 few 2/88 5849\n", "0.00 1 0.12 2/88 5849\n"}) {
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
  CHECK_FALSE(must(parse_hidepid("1 2 0:9 / /proc rw - proc proc rw,hidepid=off\n", "0:9")));
}

TEST_CASE("a mountinfo that does not list the procfs is malformed", "[procfs]") {
  const std::string text = test::fixture("mountinfo-hidepid");
  CHECK_FALSE(parse_hidepid(text, "0:99"));
  CHECK_FALSE(parse_hidepid(text, "0:19"));  // sysfs
  CHECK_FALSE(parse_hidepid("", "0:20"));
  CHECK_FALSE(parse_hidepid("22 26 0:20 / /proc rw\n", "0:20"));
  CHECK_FALSE(parse_hidepid("22 26 0:20 / /proc rw - proc proc\n", "0:20"));
  CHECK_FALSE(parse_hidepid(std::string(1 << 20, ' '), "0:20"));
  CHECK_FALSE(parse_hidepid(std::string(1 << 20, '\n'), "0:20"));
}

TEST_CASE("no cut of a mountinfo gives another value of hidepid", "[procfs]") {
  const std::string whole = test::fixture("mountinfo-hidepid");
  const std::string option = "hidepid=invisible";
  const std::size_t end = whole.find('\n', whole.find(option)) + 1;
  for (std::size_t length = 0; length < end; ++length) {
    CAPTURE(length);
    const auto cut = parse_hidepid(std::string_view(whole).substr(0, length), "0:20");
    REQUIRE_FALSE(cut);
    CHECK(cut.error().kind() == ErrorKind::kMalformed);
  }
  CHECK(must(parse_hidepid(std::string_view(whole).substr(0, end), "0:20")) == "invisible");
}
