#include "daemon/descriptors.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <catch2/catch.hpp>

namespace kcommons::daemon {
namespace {

using Reserve = config::Config::Reserve;

TEST_CASE("the reserve takes half of the descriptors at most", "[daemon]") {
  CHECK(fit_reserve({.walks = 700, .connections = 256}, 2048) ==
        Reserve{.walks = 700, .connections = 256});
  CHECK(fit_reserve({.walks = 700, .connections = 256}, 956) ==
        Reserve{.walks = 350, .connections = 128});
  CHECK(fit_reserve({.walks = 100'000, .connections = 0}, 64) ==
        Reserve{.walks = 32, .connections = 0});
  CHECK(fit_reserve({.walks = 0, .connections = 0}, 0) == Reserve{.walks = 0, .connections = 0});
}

TEST_CASE("the limit of descriptors is raised as far as the hard limit", "[daemon]") {
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
  rlimit low = before;
  low.rlim_cur = 512;
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &low) == 0);

  const auto enough = raise_descriptor_limit({.walks = 100, .connections = 50});
  const auto most = raise_descriptor_limit({.walks = 100'000'000, .connections = 0});
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &before) == 0);

  REQUIRE(enough);
  CHECK(*enough == std::min<rlim_t>(100 + 50 + 1024, before.rlim_max));
  REQUIRE(most);
  CHECK(*most == std::min<rlim_t>(100'000'000 + 1024, before.rlim_max));
}

}  // namespace
}  // namespace kcommons::daemon
