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
  const NoMoreDescriptors none;
  REQUIRE(::dup(0) == -1);
  CHECK(reserve.make_room(1, 10));
  {
    const UniqueFd opened(::dup(0));
    CHECK(opened.is_open());
    reserve.refill();
    CHECK_FALSE(reserve.is_full());
  }
  reserve.refill();
  CHECK(reserve.is_full());
  CHECK(reserve.make_room(3, 10));
  CHECK_FALSE(reserve.make_room(1, 10));
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
