#include "census/file_books.hpp"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

namespace kcommons::census {

namespace {

using procfs::FdEntry;
using procfs::FdType;

const FdEntry* find_number(const FileTable& table, int number) {
  const auto at = std::ranges::lower_bound(table.entries, number, {}, &FdEntry::number);
  return at != table.entries.end() && at->number == number ? &*at : nullptr;
}

// Asks kcmp whether pairs of one kind are the same file, and stops asking when they never are.
class PairTester final {
 public:
  explicit PairTester(FileComparer* comparer) : comparer_(comparer) {}

  bool same(Pid task_a, int fd_a, Pid task_b, int fd_b) {
    if (comparer_ == nullptr || mismatches_ >= kMaxMismatches) return false;
    const auto order = comparer_->compare(task_a, fd_a, task_b, fd_b);
    const bool equal = order && *order == procfs::FileOrder::kEqual;
    mismatches_ = equal ? 0 : mismatches_ + 1;
    return equal;
  }

 private:
  FileComparer* comparer_;
  int mismatches_ = 0;
};

class Books final {
 public:
  explicit Books(FileComparer* comparer) : comparer_(comparer) {}

  std::uint64_t new_files(const FileTable& table, const FileTable* parent) {
    PairTester inherited(comparer_);
    PairTester duplicated(comparer_);
    last_of_text_.clear();
    std::uint64_t files = 0;
    for (const FdEntry& entry : table.entries) {
      if (entry.type == FdType::kSocket) {
        files += sockets_.insert(entry.key).second ? 1U : 0U;
      } else if (entry.type == FdType::kPipe) {
        const bool writes = std::ranges::binary_search(table.write_ends, entry.number);
        files += pipe_ends_.insert(entry.key * 2 + (writes ? 1U : 0U)).second ? 1U : 0U;
      } else {
        files += is_new(table, parent, entry, inherited, duplicated) ? 1U : 0U;
      }
    }
    return files;
  }

 private:
  bool is_new(const FileTable& table, const FileTable* parent, const FdEntry& entry,
              PairTester& inherited, PairTester& duplicated) {
    const FdEntry* above = parent == nullptr ? nullptr : find_number(*parent, entry.number);
    if (above != nullptr && above->type == entry.type && above->key == entry.key &&
        inherited.same(parent->task, above->number, table.task, entry.number)) {
      last_of_text_.insert_or_assign(entry.key, entry.number);
      return false;
    }
    const auto [last, first_of_text] = last_of_text_.try_emplace(entry.key, entry.number);
    if (first_of_text) return true;
    if (duplicated.same(table.task, last->second, table.task, entry.number)) return false;
    last->second = entry.number;
    return true;
  }

  FileComparer* comparer_;
  std::unordered_set<std::uint64_t> sockets_;
  std::unordered_set<std::uint64_t> pipe_ends_;
  std::unordered_map<std::uint64_t, int> last_of_text_;
};

}  // namespace

void book_files(std::vector<RawProcess>& processes, FileComparer* comparer) {
  std::unordered_map<Pid, std::size_t> index_of;
  index_of.reserve(processes.size());
  for (std::size_t i = 0; i < processes.size(); ++i) index_of.emplace(processes[i].record.pid, i);

  Books books(comparer);
  for (std::size_t i = 0; i < processes.size(); ++i) {
    RawProcess& process = processes[i];
    if (process.tables.empty()) {
      process.record.files = process.record.descriptors.value_or(0);
      continue;
    }
    // Only an older process can be the parent: a younger one of that number reused the PID.
    const auto parent = index_of.find(process.record.parent);
    const FileTable* parent_table = nullptr;
    if (parent != index_of.end() && parent->second < i) {
      const RawProcess& above = processes[parent->second];
      if (!above.tables.empty()) parent_table = &above.tables.front();
    }
    process.record.files = 0;
    for (const FileTable& table : process.tables) {
      process.record.files += books.new_files(table, parent_table);
      // A thread's own table began as a copy of its process's.
      parent_table = &process.tables.front();
    }
  }
}

}  // namespace kcommons::census
