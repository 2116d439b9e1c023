#include "daemon/naming.hpp"

#include <catch2/catch.hpp>
#include <set>
#include <string>

namespace kcommons::daemon {
namespace {

TEST_CASE("every source that can be turned off is one that is asked", "[daemon]") {
  config::Config config;
  config.identity.off = {config::kNameSources.begin(), config::kNameSources.end()};

  const auto options = naming_of(config, std::chrono::milliseconds(1));

  CHECK(options.lookup.off ==
        std::set(identity::kFallibleSources.begin(), identity::kFallibleSources.end()));
}

}  // namespace
}  // namespace kcommons::daemon
