// How containers are named, as the configuration has it.
#pragma once

#include <chrono>

#include "config/config.hpp"
#include "identity/namer.hpp"

namespace kcommons::daemon {

// `patience`: how long a census waits for names that are asked for the first time.
identity::Namer::Options naming_of(const config::Config& config,
                                   std::chrono::milliseconds patience);

}  // namespace kcommons::daemon
