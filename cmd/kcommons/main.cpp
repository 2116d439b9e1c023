#include <cstdio>
#include <exception>

#include "command_line.hpp"
#include "commands.hpp"
#include "daemon/privileges.hpp"

int main(int argc, char** argv) {
  try {
    // Before there is another thread, which would not have them.
    if (const auto used = kcommons::daemon::use_what_is_permitted(); !used) {
      std::fprintf(stderr, "kcommons: %s\n", used.error().message().c_str());
    }
    return kcommons::cmd::run_command_line(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "kcommons: %s\n", error.what());
    return kcommons::cmd::kExitFailure;
  }
}
