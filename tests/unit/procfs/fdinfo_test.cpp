#include "procfs/fdinfo.hpp"

#include <sys/sysmacros.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "fake_proc.hpp"
#include "live_support.hpp"

using namespace kcommons;
using namespace kcommons::procfs;
using kcommons::test::must;

namespace {

Result<InotifyWatches> parse(std::string_view text, std::size_t chunk_bytes = 1U << 16U) {
  InotifyFdinfoParser parser;
  for (std::size_t at = 0; at < text.size(); at += chunk_bytes) {
    parser.feed(text.substr(at, chunk_bytes));
  }
  return parser.finish();
}

FdinfoKind kind_of(std::string_view text) {
  InotifyFdinfoParser parser;
  parser.feed(text);
  static_cast<void>(parser.finish());
  return parser.kind();
}

}  // namespace

TEST_CASE("fdinfo parser counts each inotify line once wherever the pieces end", "[procfs]") {
  const std::string text = test::fixture("fdinfo-inotify-6.18");
  const InotifyWatches whole = must(parse(text));
  CHECK(whole.count == 5);
  for (std::size_t bytes = 1; bytes <= text.size(); ++bytes) {
    CAPTURE(bytes);
    CHECK(must(parse(text, bytes)) == whole);
  }
}

TEST_CASE("the numbers of a watch are hex", "[procfs]") {
  CHECK(must(parse("inotify wd:3e8 ino:3f3 sdev:1a mask:2 ignored_mask:0 \n")).count == 1);
  const auto digest = [](const char* line) { return must(parse(line)).digest; };
  CHECK(digest("inotify wd:3e8 ino:3f3 sdev:1a\n") == digest("inotify wd:003e8 ino:3F3 sdev:1a\n"));
  CHECK(digest("inotify wd:3e8 ino:3f3 sdev:1a\n") != digest("inotify wd:3e8 ino:3f3 sdev:1b\n"));
  CHECK(digest("inotify wd:3e8 ino:3f3 sdev:1a\n") != digest("inotify wd:3e8 ino:3f4 sdev:1a\n"));
  CHECK(digest("inotify wd:3e8 ino:3f3 sdev:1a\n") != digest("inotify wd:3e9 ino:3f3 sdev:1a\n"));
}

TEST_CASE("a watch without mask or file handle is a watch", "[procfs]") {
  CHECK(must(parse("pos:\t0\ninotify wd:1 ino:2a sdev:1b\n")).count == 1);
  CHECK(must(parse("inotify wd:1 ino:2a sdev:1b mask:zz f_handle:??\n")).count == 1);
  // The mask and the handle are no part of the digest: kernels differ in whether they show them.
  CHECK(must(parse("inotify wd:1 ino:2a sdev:1b mask:2\n")) ==
        must(parse("inotify wd:1 ino:2a sdev:1b\n")));
}

TEST_CASE("the digest does not depend on the order of the lines", "[procfs]") {
  const std::string a = "inotify wd:1 ino:a sdev:1\n";
  const std::string b = "inotify wd:2 ino:b sdev:1\n";
  CHECK(must(parse(a + b)) == must(parse(b + a)));
  CHECK(must(parse(a + b)).digest != must(parse(a + a)).digest);
  // Numbers that trade places between lines make another instance.
  CHECK(must(parse("inotify wd:1 ino:b sdev:1\ninotify wd:2 ino:a sdev:1\n")).digest !=
        must(parse(a + b)).digest);
}

TEST_CASE("no cut of fdinfo within a line gives another number of watches", "[procfs]") {
  const std::string text = test::fixture("fdinfo-inotify-6.18");
  for (std::size_t length = 0; length < text.size(); ++length) {
    CAPTURE(length);
    const auto cut = parse(std::string_view(text).substr(0, length));
    CHECK(cut.has_value() == (length > 0 && text[length - 1] == '\n'));
    if (!cut) CHECK(cut.error().kind() == ErrorKind::kMalformed);
  }
  CHECK(kind_of("pos:\t0\ninotify wd:1 ino:2a") == FdinfoKind::kInotify);
}

TEST_CASE("an instance without watches has none", "[procfs]") {
  CHECK(must(parse("pos:\t0\nflags:\t02\nmnt_id:\t17\nino:\t1038\n")).count == 0);
}

TEST_CASE("what the kernel did not write is not an instance without watches", "[procfs]") {
  for (const char* const text : {"\n", "what\n", "\xff\xfe\n\n", "position:\t0\n"}) {
    CAPTURE(text);
    const auto watches = parse(text);
    REQUIRE_FALSE(watches);
    CHECK(watches.error().kind() == ErrorKind::kMalformed);
  }
  CHECK(must(parse("flags:\t02\n")).count == 0);
}

TEST_CASE("fanotify lines are not inotify watches", "[procfs]") {
  CHECK(must(parse(test::fixture("fdinfo-fanotify-6.18"))).count == 0);
  const std::string others = " inotify wd:1 ino:1 sdev:1\nx inotify wd:1 ino:1 sdev:1\n";
  CHECK(must(parse("pos:\t0\n" + others)).count == 0);
}

TEST_CASE("a watch that does not parse is malformed and not a smaller count", "[procfs]") {
  const std::string line =
      GENERATE(as<std::string>{}, "inotify wd:", "inotify wd:x ino:1 sdev:1", "inotify wd:1",
               "inotify wd:1 ino:2a", "inotify wd:1 ino:2a sd", "inotify wd:1 ino: sdev:1",
               "inotify wd:1 sdev:1 ino:1", "inotify wd:-1 ino:1 sdev:1",
               "inotify wd:1 ino:11112222333344445 sdev:1", "inotify wd:1 ino:0x1 sdev:1");
  CAPTURE(line);
  const auto watches =
      parse("inotify wd:2 ino:2 sdev:2\n" + line + "\ninotify wd:3 ino:3 sdev:3\n");
  REQUIRE_FALSE(watches);
  CHECK(watches.error().kind() == ErrorKind::kMalformed);
  CHECK_FALSE(parse(line));  // cut there
}

TEST_CASE("a line that does not end is an error in whatever pieces it comes", "[procfs]") {
  const std::string endless = "inotify wd:1 ino:1 sdev:1 f_handle:" + std::string(1 << 20, '0');
  for (const std::size_t bytes : {7UL, 4096UL, 65536UL, 1UL << 21U}) {
    CAPTURE(bytes);
    const auto watches = parse(endless + "\n", bytes);
    REQUIRE_FALSE(watches);
    CHECK(watches.error().kind() == ErrorKind::kMalformed);
    CHECK(watches.error().message().size() < 300);
    CHECK_FALSE(parse(std::string(1 << 20, '\0'), bytes));
  }
  CHECK(must(parse("flags:\t02\n" + std::string(1 << 20, '\n'))).count == 0);
}

TEST_CASE("half a million watches are counted in pieces", "[procfs]") {
  constexpr std::uint64_t kWatches = 506980;
  std::string text = "pos:\t0\nflags:\t02004000\nmnt_id:\t15\n";
  for (std::uint64_t i = kWatches; i > 0; --i) {
    text += "inotify wd:" + std::to_string(i % 100000) +
            " ino:3c51a sdev:fe00000 mask:100 ignored_mask:0 fhandle-bytes:8 fhandle-type:1 "
            "f_handle:1ac50300c8e4b0d1\n";
  }
  const InotifyWatches watches = must(parse(text));
  CHECK(watches.count == kWatches);
  CHECK(must(parse(text, 4093)) == watches);
}

TEST_CASE("fdinfo shows what kind of file it is about", "[procfs]") {
  CHECK(kind_of(test::fixture("fdinfo-inotify-6.18")) == FdinfoKind::kInotify);
  CHECK(kind_of(test::fixture("fdinfo-fanotify-6.18")) == FdinfoKind::kFanotify);
  CHECK(kind_of("pos:\t0\ntfd:        5 events:       19 data: 5\n") == FdinfoKind::kEpoll);
  CHECK(kind_of("pos:\t0\neventfd-count:                0\n") == FdinfoKind::kEventfd);
  CHECK(kind_of("pos:\t0\nclockid: 0\nticks: 0\n") == FdinfoKind::kTimerfd);
  CHECK(kind_of("pos:\t0\nsigmask:\t0000000000000000\n") == FdinfoKind::kSignalfd);
  CHECK(kind_of("pos:\t0\nPid:\t5\nNSpid:\t5\n") == FdinfoKind::kPidfd);
  CHECK(kind_of("pos:\t0\nflags:\t02\n") == FdinfoKind::kOther);
  CHECK(kind_of("") == FdinfoKind::kOther);
}

TEST_CASE("probing finds instances by their watches and is not fooled by a name", "[procfs]") {
  test::FakeProc proc;
  proc.process(42).fds(3).watches(3, 100).watches(4, 0);
  // A dma-buf whose name holds line breaks, and one with half a line in it.
  const std::string dma_buf =
      "pos:\t0\nflags:\t02\nsize:\t4096\ncount:\t1\nexp_name:\tsystem\nname:\t";
  proc.process(42).fdinfo(5, dma_buf + "x\ninotify wd:1 ino:1 sdev:1\n");
  proc.process(42).fdinfo(6, dma_buf + "x\ninotify wd:zz\n");
  proc.process(42).fdinfo(8, "pos:\t0\ninotify wd:zz\n");
  const ProcRoot root = must(ProcRoot::open(proc.path()));
  const ProcessDir process = must(ProcessDir::open(root, Pid(42)));
  std::string buffer;
  const auto found = must(probe_inotify(process, 3, buffer));
  REQUIRE(found);
  CHECK(found->count == 100);
  CHECK(*found == must(read_inotify_watches(process, 3, buffer)));
  for (const int number : {0, 4, 5, 6}) {
    CAPTURE(number);
    CHECK_FALSE(must(probe_inotify(process, number, buffer)));
  }
  CHECK_FALSE(probe_inotify(process, 8, buffer));
  const auto closed = probe_inotify(process, 77, buffer);
  REQUIRE_FALSE(closed);
  CHECK(closed.error().kind() == ErrorKind::kGone);

  std::vector<int> numbers = {9};
  must(list_fdinfo_numbers(process, numbers));
  std::sort(numbers.begin(), numbers.end());
  CHECK(numbers == std::vector{0, 1, 2, 3, 4, 5, 6, 8});
}

TEST_CASE("instances of a fixture differ unless they are made alike", "[procfs]") {
  test::FakeProc proc;
  proc.process(42).watches(3, 10).watches(4, 10).watches(5, 10, 1000);
  proc.process(43).watches(3, 10).watches(5, 10, 1000);
  const ProcRoot root = must(ProcRoot::open(proc.path()));
  std::string buffer;
  const auto read = [&](int pid, int number) {
    return must(read_inotify_watches(must(ProcessDir::open(root, Pid(pid))), number, buffer));
  };
  CHECK(read(42, 5) == read(43, 5));
  CHECK(read(42, 3).digest != read(42, 4).digest);
  CHECK(read(42, 3).digest != read(43, 3).digest);
  CHECK(read(42, 3).count == read(43, 3).count);
}

TEST_CASE("an error about watches names the file", "[procfs]") {
  test::FakeProc proc;
  proc.process(42).fdinfo(7, "inotify wd:\n");
  const ProcRoot root = must(ProcRoot::open(proc.path()));
  std::string buffer;
  const auto watches = read_inotify_watches(must(ProcessDir::open(root, Pid(42))), 7, buffer);
  REQUIRE_FALSE(watches);
  CHECK(watches.error().message().find("/42/fdinfo/7") != std::string::npos);
}

TEST_CASE("a watch is told with the handle of what it watches", "[procfs]") {
  InotifyFdinfoParser parser;
  std::vector<InotifyWatch> told;
  parser.tell([&](InotifyWatch watch) { told.push_back(std::move(watch)); });
  parser.feed(
      "inotify wd:3 ino:3c51a sdev:fe00003 mask:100 ignored_mask:0 fhandle-bytes:8 fhandle-type:1 "
      "f_handle:1ac50300d2f00dff\n"
      "inotify wd:2 ino:2a sdev:1b mask:2\n"
      "inotify wd:1 ino:2a sdev:1b mask:2 ignored_mask:0 fhandle-bytes:8 fhandle-type:1 "
      "f_handle:1ac5\n"
      "inotify wd:1 ino:2a sdev:1b mask:2 ignored_mask:0 fhandle-bytes:2 fhandle-type:1 "
      "f_handle:zzzz\n");
  CHECK(must(parser.finish()).count == 4);
  REQUIRE(told.size() == 4);
  CHECK(told[0].wd == 3);
  CHECK(told[0].inode == 0x3c51a);
  CHECK(told[0].device == ::makedev(254, 3));
  CHECK(told[0].handle_type == 1);
  CHECK(told[0].handle == std::string("\x1a\xc5\x03\x00\xd2\xf0\x0d\xff", 8));
  CHECK(told[1].handle.empty());
  CHECK(told[2].handle.empty());
  CHECK(told[3].handle.empty());
}
