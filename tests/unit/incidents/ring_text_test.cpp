#include "incidents/ring_text.hpp"

#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <string>

using namespace kcommons::incidents;

namespace {

std::string slot(std::uint64_t sequence, std::string_view object) {
  const auto slot = slot_of(sequence, object);
  REQUIRE(slot);
  return *slot;
}

}  // namespace

TEST_CASE("a slot is one line of JSON that is filled up with blanks", "[incidents]") {
  const std::string text = slot(12, R"({"id":7})");
  CHECK(text.size() == kSlotBytes);
  // The checksum is what `printf '"sequence":12,"id":7}' | gzip | tail -c 8` has, backwards.
  CHECK_THAT(text, Catch::StartsWith(R"({"checksum":"2f8f03ec","sequence":12,"id":7} )"));
  CHECK(text.find('\n') == kSlotBytes - 1);
  CHECK(blank_slot().size() == kSlotBytes);
}

TEST_CASE("records come back in the order of their sequence", "[incidents]") {
  const std::string ring = slot(9, R"({"a":"{}, "})") + blank_slot() + slot(7, R"({"b":1})") +
                           std::string(kSlotBytes, '\0');
  const RingContent content = parse_ring(ring);
  CHECK(content.slots == 4);
  CHECK(content.damaged.empty());
  REQUIRE(content.records.size() == 2);
  CHECK(content.records[0].slot == 2);
  CHECK(content.records[0].sequence == 7);
  CHECK(content.records[0].object == R"({"b":1})");
  CHECK(content.records[1].object == R"({"a":"{}, "})");
}

TEST_CASE("what does not fit or is no object is no slot", "[incidents]") {
  const auto object = [](std::size_t bytes) {
    return fmt::format(R"({{"a":"{}"}})", std::string(bytes - 8, 'x'));
  };
  CHECK(slot_of(1, object(kMostRecordBytes)));
  const std::uint64_t largest = (std::uint64_t{1} << 53U) - 1;
  const std::string full = slot(largest, object(kMostRecordBytes));
  CHECK(full.size() == kSlotBytes);
  CHECK(parse_ring(full).records.at(0).object == object(kMostRecordBytes));
  CHECK_FALSE(slot_of(1, object(kMostRecordBytes + 1)));
  CHECK_FALSE(slot_of(largest + 1, R"({"a":1})"));
  const std::string none = GENERATE(as<std::string>{}, "", "{}", "[1]", "{\"a\":\n1}");
  CHECK_FALSE(slot_of(1, none));
}

TEST_CASE("a torn slot is noticed whatever part of it is of the record before", "[incidents]") {
  const std::string before = slot(1, fmt::format(R"({{"a":"{}"}})", std::string(900, 'x')));
  const std::string after = slot(2, fmt::format(R"({{"a":"{}"}})", std::string(800, 'y')));
  const std::string other = slot(3, R"({"b":1})");
  for (std::size_t at = 0; at <= kSlotBytes; ++at) {
    const std::string torn = after.substr(0, at) + before.substr(at) + other;
    const RingContent content = parse_ring(torn);
    REQUIRE(content.records.back().sequence == 3);
    const bool whole = torn.starts_with(before) || torn.starts_with(after);
    REQUIRE(content.records.size() == (whole ? 2 : 1));
    REQUIRE(content.damaged.size() == (whole ? 0 : 1));
  }
}

TEST_CASE("every changed byte of a record is noticed", "[incidents]") {
  const std::string good = slot(3, R"({"id":1})");
  const std::size_t end = good.find('}') + 1;
  for (std::size_t at = 0; at < end; ++at) {
    std::string bad = good;
    bad[at] = bad[at] == 'x' ? 'y' : 'x';
    REQUIRE(parse_ring(bad).records.empty());
  }
}

TEST_CASE("what is no ring is told from one that is damaged", "[incidents]") {
  CHECK_FALSE(parse_ring("").is_foreign());
  CHECK_FALSE(parse_ring(blank_slot() + "  ").is_foreign());
  CHECK(parse_ring("root:x:0:0:").is_foreign());
  CHECK(parse_ring(blank_slot() + "x").is_foreign());
  const RingContent cut = parse_ring(slot(1, R"({"id":1})") + "{\"checksum");
  CHECK_FALSE(cut.is_foreign());
  CHECK(cut.slots == 2);
  CHECK(cut.damaged == std::vector<std::size_t>{1});
}

TEST_CASE("of two records with one sequence one counts", "[incidents]") {
  const RingContent content = parse_ring(slot(4, R"({"id":1})") + slot(4, R"({"id":2})"));
  REQUIRE(content.records.size() == 1);
  CHECK(content.records[0].slot == 0);
}
