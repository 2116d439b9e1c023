#include "incidents/ring_text.hpp"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>

#include "base/text.hpp"

namespace kcommons::incidents {

namespace {

constexpr std::string_view kHead = R"({"checksum":")";
constexpr std::string_view kAfterChecksum = R"(",)";
constexpr std::string_view kSequence = R"("sequence":)";
constexpr std::size_t kChecksumDigits = 8;
// What JSON readers take for a whole number without rounding it.
constexpr std::uint64_t kMostSequence = (std::uint64_t{1} << 53U) - 1;

std::string checksum_of(std::string_view text) {
  const auto* const bytes = reinterpret_cast<const Bytef*>(text.data());
  return fmt::format("{:08x}",
                     ::crc32(::crc32(0, nullptr, 0), bytes, static_cast<uInt>(text.size())));
}

// Nothing but what a file has that was made and not written yet: blanks, or zeros of a hole.
bool is_blank(std::string_view slot) {
  return std::ranges::all_of(slot, [](char c) { return c == ' ' || c == '\n' || c == '\0'; });
}

bool take(std::string_view& text, std::string_view expected) {
  if (!text.starts_with(expected)) return false;
  text.remove_prefix(expected.size());
  return true;
}

std::optional<RingRecord> parse_slot(std::string_view slot) {
  if (slot.size() != kSlotBytes || slot.back() != '\n') return std::nullopt;
  std::string_view text = slot.substr(0, slot.find_last_not_of(" \n") + 1);
  if (!take(text, kHead) || text.size() < kChecksumDigits) return std::nullopt;
  const std::string_view checksum = text.substr(0, kChecksumDigits);
  text.remove_prefix(kChecksumDigits);
  if (!take(text, kAfterChecksum) || checksum_of(text) != checksum) return std::nullopt;
  if (!take(text, kSequence)) return std::nullopt;
  const auto sequence = text::parse_number<std::uint64_t>(text::take_until(text, ','));
  if (!sequence || *sequence > kMostSequence || text.empty()) return std::nullopt;
  return RingRecord{.sequence = *sequence, .object = fmt::format("{{{}", text)};
}

}  // namespace

std::string blank_slot() {
  return std::string(kSlotBytes - 1, ' ') + '\n';
}

std::optional<std::string> slot_of(std::uint64_t sequence, std::string_view object) {
  const bool is_line = object.size() > 2 && object.front() == '{' && object.back() == '}' &&
                       object.find('\n') == std::string_view::npos;
  if (!is_line || object.size() > kMostRecordBytes || sequence > kMostSequence) return std::nullopt;
  const std::string text = fmt::format("{}{},{}", kSequence, sequence, object.substr(1));
  std::string slot = fmt::format("{}{}{}{}", kHead, checksum_of(text), kAfterChecksum, text);
  slot.resize(kSlotBytes - 1, ' ');
  return slot + '\n';
}

RingContent parse_ring(std::string_view bytes) {
  RingContent content;
  for (; !bytes.empty(); ++content.slots) {
    const std::string_view slot = bytes.substr(0, kSlotBytes);
    bytes.remove_prefix(slot.size());
    if (auto record = parse_slot(slot)) {
      record->slot = content.slots;
      content.records.push_back(std::move(*record));
    } else if (!is_blank(slot)) {
      content.damaged.push_back(content.slots);
    }
  }
  std::ranges::stable_sort(content.records, {}, &RingRecord::sequence);
  std::vector<RingRecord>& records = content.records;
  records.erase(std::unique(records.begin(), records.end(),
                            [](const RingRecord& left, const RingRecord& right) {
                              return left.sequence == right.sequence;
                            }),
                records.end());
  return content;
}

}  // namespace kcommons::incidents
