// The subcommands. Each add_ function adds one to the command line, with its options and what it
// does; when it is called for, it stores the exit code of the program in `exit_code`, which must
// live as long as `app`.
#pragma once

#include <CLI/App.hpp>

namespace kcommons::cmd {

inline constexpr int kExitOk = 0;
inline constexpr int kExitFailure = 1;
inline constexpr int kExitUsage = 2;  // a wrong command line or configuration
// audit alone has codes of its own, those of monitoring plugins.

void add_serve(CLI::App& app, int& exit_code);
void add_top(CLI::App& app, int& exit_code);
void add_check_config(CLI::App& app, int& exit_code);
void add_audit(CLI::App& app, int& exit_code);
void add_explain(CLI::App& app, int& exit_code);
void add_report(CLI::App& app, int& exit_code);
void add_record(CLI::App& app, int& exit_code);
void add_incidents(CLI::App& app, int& exit_code);
void add_healthcheck(CLI::App& app, int& exit_code);
void add_list_metrics(CLI::App& app, int& exit_code);
void add_list_resources(CLI::App& app, int& exit_code);

}  // namespace kcommons::cmd
