#include <cstdio>
#include <exception>

#include "command_line.hpp"
#include "commands.hpp"

int main(int argc, char** argv) {
  try {
    return kcommons::cmd::run_command_line(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "kcommons: %s\n", error.what());
    return kcommons::cmd::kExitFailure;
  }
}
