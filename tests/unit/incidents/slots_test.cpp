#include "incidents/slots.hpp"

#include <catch2/catch.hpp>
#include <map>
#include <set>

using kcommons::incidents::Slots;

namespace {

// Writes a record as the daemon does.
struct Ring {
  Slots slots;
  std::uint64_t sequence = 0;
  std::map<std::size_t, std::pair<std::uint64_t, std::uint64_t>> there;  // incident, sequence

  std::size_t write(std::uint64_t incident, bool open) {
    const std::size_t slot = slots.choose(incident);
    slots.put(slot, ++sequence, incident, open);
    there[slot] = {incident, sequence};
    return slot;
  }
  [[nodiscard]] std::set<std::uint64_t> incidents() const {
    std::set<std::uint64_t> ids;
    for (const auto& [slot, record] : there) ids.insert(record.first);
    return ids;
  }
};

}  // namespace

TEST_CASE("free slots come first and then what is superfluous", "[incidents]") {
  Ring ring{.slots = Slots(3)};
  CHECK(ring.write(1, true) == 0);
  CHECK(ring.write(1, true) == 1);
  CHECK(ring.write(2, true) == 2);
  CHECK(ring.write(2, false) == 0);
  CHECK(ring.write(2, false) == 2);
}

TEST_CASE("an incident is never written over its newest record", "[incidents]") {
  Ring ring{.slots = Slots(2)};
  ring.write(1, false);
  for (int i = 0; i < 10; ++i) {
    const std::size_t newest = ring.write(2, true);
    CHECK(ring.slots.choose(2) != newest);
  }
}

TEST_CASE("what is open outlives what is over", "[incidents]") {
  Ring ring{.slots = Slots(16)};
  ring.write(1, true);
  for (std::uint64_t id = 2; id < 1000; ++id) {
    ring.write(id, true);
    ring.write(id, true);
    ring.write(id, false);
  }
  CHECK(ring.incidents().contains(1));
  // The newest, with one slot for what is on its way.
  CHECK(ring.incidents().size() >= 15);
  CHECK(ring.incidents().contains(999));
  CHECK(ring.incidents().contains(987));
}

TEST_CASE("a ring of one slot and of open incidents alone still has a place", "[incidents]") {
  Ring one{.slots = Slots(1)};
  CHECK(one.write(1, true) == 0);
  CHECK(one.write(2, true) == 0);
  Ring open{.slots = Slots(2)};
  open.write(1, true);
  open.write(2, true);
  CHECK(open.write(3, true) == 0);
}
