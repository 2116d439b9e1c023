// What one process of a load holds.
#pragma once

#include <string>
#include <vector>

#include "options.hpp"

namespace bench {

// How many descriptors process number `index` has when it is ready.
unsigned descriptors_of(const Options& options, unsigned index);

// How many files a load opens and watches by name.
unsigned files_needed(const Options& options);

// Opens them all in the calling process; they stay open until it ends. Throws std::runtime_error
// that says what could not be opened and which limit may be in the way.
void open_descriptors(const Options& options, unsigned index,
                      const std::vector<std::string>& files);

}  // namespace bench
