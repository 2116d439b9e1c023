#include "daemon/privileges.hpp"

#include <sys/capability.h>

#include <catch2/catch.hpp>
#include <memory>

using namespace kcommons;
using namespace kcommons::daemon;

namespace {

struct FreeCaps {
  void operator()(_cap_struct* caps) const { ::cap_free(caps); }
};
using Caps = std::unique_ptr<_cap_struct, FreeCaps>;

int difference() {
  const Caps own(::cap_get_proc());
  const Caps expected(::cap_dup(own.get()));
  REQUIRE(::cap_fill(expected.get(), CAP_EFFECTIVE, CAP_PERMITTED) == 0);
  return ::cap_compare(own.get(), expected.get());
}

}  // namespace

TEST_CASE("what is permitted and not in force is put into force", "[daemon]") {
  // Of this thread alone.
  const Caps before(::cap_get_proc());
  REQUIRE(before);
  const Caps lowered(::cap_dup(before.get()));
  REQUIRE(::cap_clear_flag(lowered.get(), CAP_EFFECTIVE) == 0);
  REQUIRE(::cap_set_proc(lowered.get()) == 0);
  if (difference() == 0) {
    WARN("skipped: nothing is permitted here");
    return;
  }

  REQUIRE(use_what_is_permitted());

  CHECK(difference() == 0);
  CHECK(::cap_set_proc(before.get()) == 0);
}
