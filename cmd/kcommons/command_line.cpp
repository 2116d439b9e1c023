#include "command_line.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <iostream>
#include <sstream>

#include "build_info.hpp"
#include "commands.hpp"
#include "output.hpp"

namespace kcommons::cmd {

namespace {

// CLI11 has an exit code for each kind of mistake; here all are usage errors. --help and --version
// come as exceptions too, with the code 0.
int leave(const CLI::App& app, const CLI::ParseError& error) {
  std::ostringstream asked;
  if (app.exit(error, asked, std::cerr) != 0) return kExitUsage;
  return print(asked.str());
}

}  // namespace

int run_command_line(int argc, const char* const* argv) {
  CLI::App app("Who holds the kernel resources that the containers of this machine share.",
               "kcommons");
  app.set_version_flag("--version", version_line(), "Print the version and exit");
  app.require_subcommand(0, 1);  // CLI11 would run two one after the other; none is handled below
  int exit_code = kExitOk;
  add_serve(app, exit_code);
  add_top(app, exit_code);
  add_check_config(app, exit_code);
  add_audit(app, exit_code);
  add_explain(app, exit_code);
  add_report(app, exit_code);
  add_record(app, exit_code);
  add_incidents(app, exit_code);
  add_healthcheck(app, exit_code);
  add_list_metrics(app, exit_code);
  add_list_resources(app, exit_code);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return leave(app, error);
  }
  if (app.get_subcommands().empty()) {
    std::cerr << app.help();
    return kExitUsage;
  }
  return exit_code;
}

}  // namespace kcommons::cmd
