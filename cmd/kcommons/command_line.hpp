// From the arguments of the program to the exit code of one subcommand.
#pragma once

namespace kcommons::cmd {

// What was asked for goes to standard output, complaints go to standard error. Throws what the
// standard library throws when the machine is out of memory.
int run_command_line(int argc, const char* const* argv);

}  // namespace kcommons::cmd
