// The flags of a subcommand that stand for keys of the configuration, and the variables that stand
// for flags. Reads the environment; call it before there is a second thread.
#pragma once

#include <CLI/App.hpp>
#include <memory>
#include <span>

#include "effective_config.hpp"

namespace kcommons::cmd {

// Adds --config.file and these flags. What is given on the command line stands in the result once
// it is parsed.
std::shared_ptr<Given> add_flags(CLI::App& command, std::span<const Flag> flags);

// What the variables say of --config.file and these flags. One that is set to nothing counts as not
// set.
Given environment(std::span<const Flag> flags);

}  // namespace kcommons::cmd
