#include "procfs/stat.hpp"

#include <cerrno>
#include <cstddef>
#include <optional>
#include <vector>

#include "base/text.hpp"
#include "procfs/file_reader.hpp"

namespace kcommons::procfs {

namespace {

constexpr std::uint32_t kPfKthread = 0x00200000;  // PF_KTHREAD, include/linux/sched.h

// Takes words off `rest` up to field number `wanted`, as proc(5) counts them.
class Fields final {
 public:
  Fields(std::string_view rest, int first) : rest_(rest), next_(first) {}

  std::string_view take(int wanted) {
    while (next_ < wanted) {
      text::take_word(rest_);
      ++next_;
    }
    ++next_;
    return text::take_word(rest_);
  }
  // A number that ends where the text ends may have lost digits.
  [[nodiscard]] bool ended() const { return rest_.empty(); }

 private:
  std::string_view rest_;
  int next_;
};

}  // namespace

bool Stat::is_kernel_thread() const {
  return (flags & kPfKthread) != 0;
}

// 4711 (job (2) .sh) S 1 4711 4711 0 -1 4194304 101 0 0 0 0 0 0 0 20 0 1 0 144018 3133440 …
//      ^ any bytes, line breaks and parentheses too; the fields after the last ")" are numbers
Result<Stat> parse_stat(std::string_view text) {
  const auto malformed = [text] { return fail(Error::malformed("parse stat", text)); };
  const std::size_t open = text.find(" (");
  const std::size_t close = text.rfind(") ");
  if (open == std::string_view::npos || close == std::string_view::npos || close < open + 2) {
    return malformed();
  }
  Fields fields(text.substr(close + 2), 3);
  const auto pid = text::parse_number<std::int32_t>(text.substr(0, open));
  const std::string_view state = fields.take(3);
  const auto ppid = text::parse_number<std::int32_t>(fields.take(4));
  const auto flags = text::parse_number<std::uint32_t>(fields.take(9));
  const auto num_threads = text::parse_number<std::int64_t>(fields.take(20));
  const auto start_time = text::parse_number<std::uint64_t>(fields.take(22));
  if (!pid || state.size() != 1 || !ppid || !flags || !num_threads || !start_time ||
      fields.ended()) {
    return malformed();
  }
  Stat stat;
  stat.pid = Pid(*pid);
  stat.comm = text.substr(open + 2, close - open - 2);
  stat.state = state.front();
  stat.ppid = Pid(*ppid);
  stat.flags = *flags;
  stat.num_threads = *num_threads;
  stat.start_time = *start_time;
  return stat;
}

Result<Stat> read_stat(const ProcessDir& process, std::string& buffer) {
  const Result<std::string_view> text = read_file(process.fd(), "stat", buffer);
  if (!text) return fail(process.explain(text.error()));
  Result<Stat> stat = parse_stat(*text);
  if (!stat) return fail(stat.error().during(process.name()));
  return stat;
}

Result<ProcessDir> living_thread(const ProcessDir& process, std::string& buffer) {
  std::vector<Pid> threads;
  if (auto listed = process.list_threads(threads); !listed) return fail(listed.error());
  for (const Pid tid : threads) {
    if (tid == process.pid()) continue;
    auto thread = process.thread(tid);
    const auto stat = thread ? read_stat(*thread, buffer) : Result<Stat>(fail(thread.error()));
    if (stat && !stat->is_zombie()) return thread;
    if (!stat && stat.error().kind() == ErrorKind::kExhausted) return fail(stat.error());
  }
  return fail(Error::from_errno(ESRCH, process.name() + " has no living thread"));
}

}  // namespace kcommons::procfs
