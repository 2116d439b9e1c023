// A census for the tests of top, in a few readable lines.
#pragma once

#include <cstdint>
#include <string>

#include "census/census.hpp"
#include "report/top.hpp"

namespace kcommons::report::test {

// By the bpf source: 1,000 open files and a few watches, held by two containers of a pod, one of
// them with a monitor, by one container alone, and by two host units; by six processes of three
// users. `name` is part of what containers choose: ids and units.
census::Census busy_host(const std::string& name = "");

// All of it, uncut.
Top top_of(const census::Census& census, const TopQuery& query);

}  // namespace kcommons::report::test
