#include "build_info.hpp"

#include <fmt/core.h>

#include "bpf/programs.hpp"

namespace kcommons::cmd {

daemon::BuildInfo build_info() {
  return {
      .version = KCOMMONS_VERSION, .revision = KCOMMONS_REVISION, .compiler = KCOMMONS_COMPILER};
}

std::string version_line() {
  const auto info = build_info();
  return fmt::format("kcommons, version {} (revision: {}, compiler: {}, platform: {}, bpf: {})",
                     info.version, info.revision, info.compiler, KCOMMONS_PLATFORM,
                     bpf::is_built_in() ? "built in" : "not built in, for want of libbpf");
}

}  // namespace kcommons::cmd
