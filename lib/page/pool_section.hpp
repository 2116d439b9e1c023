// The list of all pools, the fullest first: each a line with its meter that opens to who holds it,
// who fails with it, the error and the remedy. Pure, thread-safe.
#pragma once

#include <cstddef>
#include <string>

#include "page/model.hpp"
#include "page/view.hpp"

namespace kcommons::page {

inline constexpr std::size_t kPoolsOnPage = 15;

// The model has a snapshot.
std::string pool_section(const Model& model, const View& view);

}  // namespace kcommons::page
