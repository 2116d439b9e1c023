// Which slot of a ring the next record goes to: one that is free, else the oldest that a newer
// record of its incident has made superfluous, else that of the oldest incident that is over. So
// a write that is torn costs nothing that is not elsewhere, as long as there is room. Not
// thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace kcommons::incidents {

class Slots final {
 public:
  explicit Slots(std::size_t count) : uses_(count) {}

  // For a record of this incident. Not where its newest record is, unless there is one slot alone.
  [[nodiscard]] std::size_t choose(std::uint64_t incident) const;
  // What was written there, or found. `sequence` is above 0; `open`: the incident still is.
  void put(std::size_t slot, std::uint64_t sequence, std::uint64_t incident, bool open);

 private:
  struct Use {
    std::uint64_t sequence = 0;  // 0: free
    std::uint64_t incident = 0;
    bool open = false;
  };
  [[nodiscard]] int worth_of(const Use& use, std::uint64_t incident) const;

  std::vector<Use> uses_;
};

}  // namespace kcommons::incidents
