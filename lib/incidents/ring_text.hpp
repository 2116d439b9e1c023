// The bytes of a ring file: slots of one size, in each one JSON object on a line, filled up with
// blanks. So it is text that grep and jq read, and whatever is torn is within one slot.
//
//   {"checksum":"1c291ca3","sequence":12,"id":7,…}          ⏎
//
// The checksum is the CRC-32 (as zlib and IEEE 802.3 have it) of what stands behind its comma, up
// to the closing brace. The sequence rises with each record, and so says which is newer. Pure,
// thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kcommons::incidents {

// A page and a block of most file systems, so that one slot is written without its neighbours.
inline constexpr std::size_t kSlotBytes = 4096;
// What a record may have, with what stands around it taken off.
inline constexpr std::size_t kMostRecordBytes = kSlotBytes - 64;

// A slot with nothing in it.
std::string blank_slot();
// A whole slot. `object` is a JSON object with a key at least, on one line, without such keys as
// these two. Nothing where it is longer than kMostRecordBytes, or is no such object.
std::optional<std::string> slot_of(std::uint64_t sequence, std::string_view object);

struct RingRecord {
  std::size_t slot = 0;
  std::uint64_t sequence = 0;
  std::string object;  // as it was given
};

struct RingContent {
  std::size_t slots = 0;             // whole ones, and one for what is left over at the end
  std::vector<RingRecord> records;   // the oldest first
  std::vector<std::size_t> damaged;  // slots that are neither a record nor blank
  // There is something in it, and nothing of that is a record: it is no ring.
  [[nodiscard]] bool is_foreign() const { return records.empty() && !damaged.empty(); }
};
// Of any bytes whatever. Of two records with one sequence the first counts.
RingContent parse_ring(std::string_view bytes);

}  // namespace kcommons::incidents
