// The tree of a YAML document → Config: keys, types and what must hold between two values. Goes on
// after a mistake, so that one run finds them all. Pure and thread-safe.
#pragma once

#include <vector>

#include "config/config.hpp"
#include "config/yaml_tree.hpp"

namespace kcommons::config {

// Fills `config` with every value that is right; adds to `mistakes` in no certain order.
void read_config(const Node& root, Config& config, std::vector<Mistake>& mistakes);

}  // namespace kcommons::config
