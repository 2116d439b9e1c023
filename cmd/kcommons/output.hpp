// What subcommands write, and where.
#pragma once

#include <span>
#include <string_view>

#include "config/config.hpp"

namespace kcommons::cmd {

// To standard output. The exit code: output that did not arrive (a full disk) is a failure.
int print(std::string_view text);

// To standard error, on a line of its own: "kcommons: message".
void warn(std::string_view message);

// To standard error, one a line. The exit code for a wrong configuration.
int report(std::span<const config::ConfigError> errors);

}  // namespace kcommons::cmd
