#include "procfs/softnet_stat.hpp"

#include <array>
#include <cstddef>

#include "base/text.hpp"

namespace kcommons::procfs {

namespace {

// Of a line, by their place.
constexpr std::size_t kProcessed = 0;
constexpr std::size_t kDropped = 1;
constexpr std::size_t kTimeSqueeze = 2;
constexpr std::size_t kFewest = 9;
constexpr std::size_t kBacklog = 11;
constexpr std::size_t kCpu = 12;

// 003e90db 00000000 00000002 … 00000000 00000001 00000000 00000000
struct Line {
  std::array<std::uint32_t, kCpu + 1> columns{};
  std::size_t count = 0;  // of those of interest

  [[nodiscard]] bool has(std::size_t column) const { return column < count; }
};

std::optional<Line> parse_line(std::string_view text) {
  Line line;
  while (true) {
    const std::string_view word = text::take_word(text);
    if (word.empty()) break;
    const auto number = text::parse_number<std::uint32_t>(word, 16);
    if (!number) return std::nullopt;
    if (line.count < line.columns.size()) line.columns[line.count++] = *number;
  }
  if (line.count < kFewest) return std::nullopt;
  return line;
}

}  // namespace

Result<SoftnetStat> parse_softnet_stat(std::string_view text) {
  SoftnetStat stat;
  std::optional<bool> numbered;
  std::string_view rest = text;
  // Without the end of the last line its last column may have been cut short.
  if (!text.ends_with('\n')) {
    return fail(
        Error::malformed("parse softnet_stat: cut short", text.substr(text.rfind('\n') + 1)));
  }
  while (!rest.empty()) {
    const std::string_view bytes = text::take_until(rest, '\n');
    const auto line = parse_line(bytes);
    // Of one kernel all lines have the same columns.
    if (!line || numbered.value_or(line->has(kCpu)) != line->has(kCpu)) {
      return fail(Error::malformed("parse softnet_stat", bytes));
    }
    numbered = line->has(kCpu);
    SoftnetCpu cpu;
    cpu.cpu = *numbered ? line->columns[kCpu] : static_cast<std::uint32_t>(stat.cpus.size());
    cpu.processed = line->columns[kProcessed];
    cpu.dropped = line->columns[kDropped];
    cpu.time_squeeze = line->columns[kTimeSqueeze];
    if (line->has(kBacklog)) cpu.backlog = line->columns[kBacklog];
    stat.cpus.push_back(cpu);
  }
  stat.numbered = *numbered;
  return stat;
}

}  // namespace kcommons::procfs
