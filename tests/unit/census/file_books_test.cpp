#include "census/file_books.hpp"

#include <catch2/catch.hpp>
#include <map>
#include <utility>

using namespace kcommons;
using namespace kcommons::census;
using procfs::FdEntry;
using procfs::FdType;
using procfs::FileOrder;

namespace {

// Two descriptors are one file when the test said so.
class ScriptedComparer final : public FileComparer {
 public:
  using End = std::pair<int, int>;  // task, fd
  void same(End a, End b) { file_of_[b] = file_of_.contains(a) ? file_of_[a] : a; }
  int asked() const { return asked_; }

  Result<FileOrder> compare(Pid task_a, int fd_a, Pid task_b, int fd_b) override {
    ++asked_;
    const End a = file(task_a, fd_a);
    const End b = file(task_b, fd_b);
    if (a == b) return FileOrder::kEqual;
    return a < b ? FileOrder::kLess : FileOrder::kGreater;
  }

 private:
  End file(Pid task, int fd) {
    const End end{task.value(), fd};
    const auto at = file_of_.find(end);
    return at == file_of_.end() ? end : at->second;
  }
  std::map<End, End> file_of_;
  int asked_ = 0;
};

RawProcess process(int pid, int parent, std::vector<FdEntry> entries) {
  RawProcess raw;
  raw.record.pid = Pid(pid);
  raw.record.parent = Pid(parent);
  raw.record.descriptors = entries.size();
  raw.tables.push_back({.task = Pid(pid), .entries = std::move(entries), .write_ends = {}});
  return raw;
}

FdEntry file(int number, std::uint64_t key) {
  return {.number = number, .type = FdType::kFile, .key = key};
}

std::uint64_t total(const std::vector<RawProcess>& processes) {
  std::uint64_t sum = 0;
  for (const RawProcess& raw : processes) sum += raw.record.files;
  return sum;
}

}  // namespace

TEST_CASE("descriptors inherited over fork are one file booked at the parent", "[census]") {
  ScriptedComparer comparer;
  std::vector<FdEntry> opened;
  for (int fd = 3; fd < 2003; ++fd) opened.push_back(file(fd, 77));
  std::vector<RawProcess> processes{process(10, 1, opened)};
  for (int child = 11; child <= 20; ++child) {
    processes.push_back(process(child, 10, opened));
    for (int fd = 3; fd < 2003; ++fd) comparer.same({10, fd}, {child, fd});
  }
  book_files(processes, &comparer);
  CHECK(processes[0].record.files == 2000);
  CHECK(total(processes) == 2000);
}

TEST_CASE("a child that opened its own files under the same names keeps them", "[census]") {
  ScriptedComparer comparer;
  std::vector<RawProcess> processes{process(10, 1, {file(0, 5), file(3, 8)}),
                                    process(11, 10, {file(0, 5), file(3, 8)})};
  comparer.same({10, 0}, {11, 0});
  book_files(processes, &comparer);
  CHECK(processes[1].record.files == 1);
}

TEST_CASE("dup in one table is one file", "[census]") {
  ScriptedComparer comparer;
  std::vector<RawProcess> processes{process(10, 1, {file(0, 5), file(1, 5), file(2, 5)})};
  comparer.same({10, 0}, {10, 1});
  comparer.same({10, 0}, {10, 2});
  book_files(processes, &comparer);
  CHECK(total(processes) == 1);
}

TEST_CASE("sockets count once by inode and pipes once for each end", "[census]") {
  std::vector<RawProcess> processes{process(10, 1,
                                            {{.number = 3, .type = FdType::kSocket, .key = 100},
                                             {.number = 4, .type = FdType::kPipe, .key = 200},
                                             {.number = 5, .type = FdType::kPipe, .key = 200}}),
                                    process(99, 7,
                                            {{.number = 8, .type = FdType::kSocket, .key = 100},
                                             {.number = 9, .type = FdType::kPipe, .key = 200}})};
  processes[0].tables[0].write_ends = {5};
  processes[1].tables[0].write_ends = {9};
  book_files(processes, nullptr);
  CHECK(processes[0].record.files == 3);
  CHECK(processes[1].record.files == 0);
}

TEST_CASE("tables with nothing in common cost a bounded number of comparisons", "[census]") {
  ScriptedComparer comparer;
  std::vector<FdEntry> opened;
  for (int fd = 0; fd < 5000; ++fd) opened.push_back(file(fd, 77));
  std::vector<RawProcess> processes{process(10, 1, opened), process(11, 10, opened)};
  book_files(processes, &comparer);
  CHECK(total(processes) == 10000);
  CHECK(comparer.asked() <= 3 * kMaxMismatches);
}

TEST_CASE("a process that can only be counted is booked with its count", "[census]") {
  RawProcess raw;
  raw.record.pid = Pid(10);
  raw.record.descriptors = 42;
  std::vector<RawProcess> processes{raw};
  processes.emplace_back().record.pid = Pid(11);  // not even that
  book_files(processes, nullptr);
  CHECK(processes[0].record.files == 42);
  CHECK(processes[1].record.files == 0);
}

TEST_CASE("a younger process that reused the parent's number is no parent", "[census]") {
  ScriptedComparer comparer;
  std::vector<RawProcess> processes{process(11, 10, {file(0, 5)}), process(10, 1, {file(0, 5)})};
  comparer.same({11, 0}, {10, 0});
  book_files(processes, &comparer);
  CHECK(processes[0].record.files == 1);
}

TEST_CASE("a thread's own table adds what it does not share with its process", "[census]") {
  ScriptedComparer comparer;
  std::vector<RawProcess> processes{process(10, 1, {file(0, 5), file(1, 6)})};
  processes[0].tables.push_back(
      {.task = Pid(12), .entries = {file(0, 5), file(1, 6), file(2, 9)}, .write_ends = {}});
  comparer.same({10, 0}, {12, 0});
  comparer.same({10, 1}, {12, 1});
  book_files(processes, &comparer);
  CHECK(total(processes) == 3);
}
