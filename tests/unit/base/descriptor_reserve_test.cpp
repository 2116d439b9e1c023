#include "base/descriptor_reserve.hpp"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <vector>

#include "no_more_descriptors.hpp"

using namespace kcommons;
using test::NoMoreDescriptors;

TEST_CASE("a descriptor that is given up can be opened by another", "[base]") {
  std::vector<std::size_t> told;
  DescriptorReserve reserve(
      2, {.files_over = {}, .left = [&told](std::size_t left) { told.push_back(left); }});
  std::vector<bool> seen;
  {
    // UBSan needs a descriptor to look at what Catch does: nothing is checked in here.
    const NoMoreDescriptors none;
    seen.push_back(UniqueFd(::dup(0)).is_open());
    seen.push_back(reserve.make_room(1, 10));
    {
      const UniqueFd opened(::dup(0));
      seen.push_back(opened.is_open());
      reserve.refill();
      seen.push_back(reserve.is_full());
    }
    reserve.refill();
    seen.push_back(reserve.is_full());
    seen.push_back(reserve.make_room(3, 10));
    seen.push_back(reserve.make_room(1, 10));
  }
  CHECK(seen == std::vector{false, true, true, false, true, true, false});
  CHECK(told == std::vector<std::size_t>{2, 1, 2, 0});
}

TEST_CASE("as many are given up as the host has too many open", "[base]") {
  std::size_t left = 0;
  std::size_t over = 5;
  DescriptorReserve reserve(20, {.files_over = [&over] { return over; },
                                 .left = [&left](std::size_t now) { left = now; }});
  CHECK_FALSE(reserve.make_room(1, 5));
  CHECK(left == 20);
  CHECK(reserve.make_room(1, 6));
  CHECK(left == 14);
  over = 1000;
  CHECK(reserve.make_room(1, 2000));
  CHECK(left == 0);
}

TEST_CASE("no more is given up than is enough", "[base]") {
  std::size_t left = 0;
  DescriptorReserve reserve(
      20, {.files_over = [] { return 9; }, .left = [&left](std::size_t now) { left = now; }});
  std::size_t asked = 0;
  CHECK(reserve.make_room(1, 100, [&asked] { return ++asked == 4; }));
  CHECK(left == 16);
}
