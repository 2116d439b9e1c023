#include "census/inotify_books.hpp"

#include <catch2/catch.hpp>
#include <cerrno>
#include <map>

#include "fake_clock.hpp"

using namespace kcommons;
using namespace kcommons::census;
using namespace std::chrono_literals;
using procfs::FdType;
using procfs::FileOrder;
using test::FakeClock;

namespace {

RawProcess process(int pid, std::vector<int> inotify_fds, int parent = 1) {
  RawProcess raw;
  raw.record.pid = Pid(pid);
  raw.record.parent = Pid(parent);
  raw.record.start_time = static_cast<std::uint64_t>(pid);
  raw.record.effective_uid = Uid(static_cast<std::uint32_t>(pid));
  raw.tables.push_back({.task = Pid(pid), .entries = {}, .write_ends = {}});
  for (const int fd : inotify_fds) {
    raw.tables[0].entries.push_back({.number = fd, .type = FdType::kInotify, .key = 1});
  }
  return raw;
}

// Files are numbers: two descriptors with one number are one instance.
class NumberedFiles final : public FileComparer {
 public:
  std::map<std::pair<int, int>, int> number;
  Result<FileOrder> compare(Pid task_a, int fd_a, Pid task_b, int fd_b) override {
    const auto a = number.find({task_a.value(), fd_a});
    const auto b = number.find({task_b.value(), fd_b});
    if (a == number.end() || b == number.end()) return fail(Error::from_errno(ESRCH, "kcmp"));
    if (a->second == b->second) return FileOrder::kEqual;
    return a->second < b->second ? FileOrder::kLess : FileOrder::kGreater;
  }
};

// Watches of each instance by process and descriptor, and how often each was read.
struct Watches {
  std::map<std::pair<std::uint32_t, int>, std::uint64_t> count;
  std::map<std::pair<std::uint32_t, int>, int> reads;

  InotifyBooks::ReadWatches reader() {
    return [this](const InotifyLink& link) -> Result<procfs::InotifyWatches> {
      const std::pair key{link.process, link.fd};
      ++reads[key];
      if (!count.contains(key)) return fail(Error::from_errno(ENOENT, "open fdinfo"));
      return procfs::InotifyWatches{.count = count[key], .digest = count[key]};
    };
  }
};

std::uint64_t watches_in(const Census& census) {
  std::uint64_t sum = 0;
  for (const NotifyGroup& group : census.notify_groups) sum += group.watches.value_or(0);
  return sum;
}

}  // namespace

TEST_CASE("an instance with four links is one instance and is read once", "[census]") {
  FakeClock clock;
  InotifyBooks books({}, clock);
  NumberedFiles files;
  files.number = {{{10, 3}, 1}, {{10, 4}, 1}, {{11, 3}, 1}, {{11, 4}, 1}, {{11, 5}, 2}};
  Watches watches;
  watches.count = {{{0, 3}, 100}, {{1, 5}, 7}};
  Census census;
  REQUIRE(books.book({process(10, {3, 4}), process(11, {3, 4, 5}, 10)}, &files, watches.reader(),
                     census));

  REQUIRE(census.notify_groups.size() == 2);
  CHECK(census.notify_groups[0].holders == std::vector<std::uint32_t>{0, 1});
  CHECK(census.notify_groups[0].watches == 100);
  CHECK(census.notify_groups[0].charged_uid == Uid(10));
  CHECK(census.notify_groups[1].holders == std::vector<std::uint32_t>{1});
  CHECK(watches.reads == std::map<std::pair<std::uint32_t, int>, int>{{{0, 3}, 1}, {{1, 5}, 1}});
}

TEST_CASE("many instances that look alike stay apart", "[census]") {
  FakeClock clock;
  InotifyBooks books({}, clock);
  NumberedFiles files;
  Watches watches;
  std::vector<int> fds;
  for (int fd = 3; fd < 103; ++fd) {
    fds.push_back(fd);
    files.number[{10, fd}] = (fd * 37) % 101;  // in no order
    watches.count[{0, fd}] = 10;
  }
  Census census;
  REQUIRE(books.book({process(10, fds)}, &files, watches.reader(), census));
  CHECK(census.notify_groups.size() == 100);
  CHECK(watches_in(census) == 1000);
}

TEST_CASE("a large instance is read again only within its allowance and carries its age",
          "[census]") {
  FakeClock clock;
  InotifyBooks books({.large_instance = 2000, .large_read_interval = 60s}, clock);
  NumberedFiles files;
  files.number = {{{10, 3}, 1}};
  Watches watches;
  watches.count = {{{0, 3}, 100000}};
  const auto census_after = [&](std::chrono::milliseconds wait) {
    clock.advance(wait);
    Census census;
    REQUIRE(books.book({process(10, {3})}, &files, watches.reader(), census));
    return census;
  };
  CHECK(census_after(0s).notify_groups.at(0).age == 0ms);
  watches.count[{0, 3}] = 120000;
  const Census kept = census_after(10s);
  CHECK(kept.notify_groups.at(0).watches == 100000);
  CHECK(kept.notify_groups.at(0).age == 10s);
  CHECK(watches.reads[{0, 3}] == 1);
  const Census renewed = census_after(50s);
  CHECK(renewed.notify_groups.at(0).watches == 120000);
  CHECK(renewed.notify_groups.at(0).age == 0ms);
  CHECK(watches.reads[{0, 3}] == 2);
}

TEST_CASE("of several large instances one is read an interval and the stalest first", "[census]") {
  FakeClock clock;
  InotifyBooks books({.large_instance = 2000, .large_read_interval = 60s}, clock);
  NumberedFiles files;
  files.number = {{{10, 3}, 1}, {{10, 4}, 2}, {{10, 5}, 3}};
  Watches watches;
  watches.count = {{{0, 3}, 5000}, {{0, 4}, 6000}, {{0, 5}, 7000}};
  for (int i = 0; i <= 60; ++i) {  // ten minutes, a census every ten seconds
    Census census;
    REQUIRE(books.book({process(10, {3, 4, 5})}, &files, watches.reader(), census));
    clock.advance(10s);
  }
  int reads = 0;
  for (const auto& [key, times] : watches.reads) {
    reads += times;
    CHECK(times >= 4);
  }
  CHECK(reads <= 3 + 10);
}

TEST_CASE("when the time for reading is used up the rest waits and is counted", "[census]") {
  FakeClock clock;
  InotifyBooks books({.read_budget = 100ms}, clock);
  NumberedFiles files;
  std::vector<int> fds;
  for (int fd = 3; fd < 13; ++fd) {
    fds.push_back(fd);
    files.number[{10, fd}] = fd;
  }
  const auto slow = [&](const InotifyLink&) -> Result<procfs::InotifyWatches> {
    clock.advance(30ms);
    return procfs::InotifyWatches{.count = 50, .digest = 1};
  };
  Census census;
  REQUIRE(books.book({process(10, fds)}, &files, slow, census));
  CHECK(census.notify_groups.size() == 10);  // counted as instances all the same
  CHECK(watches_in(census) == 4 * 50);
  CHECK(census.unseen[static_cast<std::size_t>(Unseen::kInotifyBudget)] == 6);
}

TEST_CASE("an instance that is closed while it is read is silently gone", "[census]") {
  FakeClock clock;
  InotifyBooks books({}, clock);
  NumberedFiles files;
  files.number = {{{10, 3}, 1}};
  Watches watches;  // reading says ENOENT
  Census census;
  REQUIRE(books.book({process(10, {3})}, &files, watches.reader(), census));
  CHECK(census.notify_groups.empty());
  CHECK(census.failures.first.empty());
}

TEST_CASE("an instance that may not be read is counted and never a zero", "[census]") {
  FakeClock clock;
  InotifyBooks books({}, clock);
  NumberedFiles files;
  files.number = {{{10, 3}, 1}};
  const auto denied = [](const InotifyLink&) -> Result<procfs::InotifyWatches> {
    return fail(Error::from_errno(EACCES, "open fdinfo"));
  };
  Census census;
  REQUIRE(books.book({process(10, {3})}, &files, denied, census));
  REQUIRE(census.notify_groups.size() == 1);
  CHECK_FALSE(census.notify_groups[0].watches);
  CHECK(census.unseen[static_cast<std::size_t>(Unseen::kInotifyDenied)] == 1);
}

TEST_CASE("without descriptors to read with the census is given up and what was known stays",
          "[census]") {
  FakeClock clock;
  InotifyBooks books({.large_instance = 5}, clock);
  NumberedFiles files;
  files.number = {{{10, 3}, 1}};
  Watches watches;
  watches.count = {{{0, 3}, 9}};
  Census first;
  REQUIRE(books.book({process(10, {3})}, &files, watches.reader(), first));
  const auto exhausted = [](const InotifyLink&) -> Result<procfs::InotifyWatches> {
    return fail(Error::from_errno(EMFILE, "open /proc/10"));
  };
  clock.advance(2min);
  Census given_up;
  const auto booked = books.book({process(10, {3})}, &files, exhausted, given_up);
  REQUIRE_FALSE(booked);
  CHECK(booked.error().kind() == ErrorKind::kExhausted);
  // Not before the next large read is allowed.
  clock.advance(-2min);
  Census next;
  REQUIRE(books.book({process(10, {3})}, &files, watches.reader(), next));
  CHECK(watches_in(next) == 9);
  CHECK(watches.reads[{0, 3}] == 1);
}

TEST_CASE("without kcmp only related links with equal watches are taken for one", "[census]") {
  FakeClock clock;
  InotifyBooks books({}, clock);
  Watches watches;
  // 0: parent with a dup; 1: its child at the same number; 2: a stranger that looks alike.
  watches.count = {{{0, 3}, 9}, {{0, 4}, 9}, {{1, 3}, 9}, {{2, 3}, 9}};
  Census census;
  REQUIRE(books.book({process(10, {3, 4}), process(11, {3}, 10), process(12, {3})}, nullptr,
                     watches.reader(), census));
  CHECK(census.notify_groups.size() == 2);
  CHECK(watches_in(census) == 18);
}
