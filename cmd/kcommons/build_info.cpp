#include "build_info.hpp"

#include <fmt/core.h>

namespace kcommons::cmd {

daemon::BuildInfo build_info() {
  return {
      .version = KCOMMONS_VERSION, .revision = KCOMMONS_REVISION, .compiler = KCOMMONS_COMPILER};
}

std::string version_line() {
  const auto info = build_info();
  return fmt::format("kcommons, version {} (revision: {}, compiler: {}, platform: {})",
                     info.version, info.revision, info.compiler, KCOMMONS_PLATFORM);
}

}  // namespace kcommons::cmd
