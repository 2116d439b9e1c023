// How all this is known, and how far: the source and why that one, what it could not see, what it
// costs and how old it is. Pure, thread-safe.
#pragma once

#include <string>

#include "page/model.hpp"

namespace kcommons::page {

std::string state_section(const Model& model);

// "bpf, exact, 3.2 s ago": for the head of a page; nothing before the first census.
std::string state_in_short(const Model& model);

}  // namespace kcommons::page
