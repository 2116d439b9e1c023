// From a census to questions about its cgroups, and from the answers to what is believed of them.
// Pure: values in, values out; thread-safe for distinct censuses.
//
// The kernel's word is the cgroup path. Evidence may tell what the path does not: whose a container
// is, what it is called, that a cgroup without any known form is one. It can never take processes
// from the container that their path tells, nor give one the id of another.
#pragma once

#include <string>
#include <vector>

#include "census/census.hpp"
#include "identity/lookup.hpp"

namespace kcommons::identity {

// One for each of Census::placements; without an oldest process where none stands there.
std::vector<Question> questions_of(const census::Census& census);

// `answers` by placement, a null pointer where there is none yet. Fills Census::names, adds to and
// changes Census::placements.
void believe(const std::vector<const Answer*>& answers, census::Census& census);

}  // namespace kcommons::identity
