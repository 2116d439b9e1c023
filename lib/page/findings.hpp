// The answer, above all else: which pools are nearly full, who holds them, who fails next, what
// they are told, and what to do; or that none is. Pure, thread-safe.
#pragma once

#include <string>

#include "page/model.hpp"

namespace kcommons::page {

// The model has a snapshot.
std::string findings_section(const Model& model);

}  // namespace kcommons::page
