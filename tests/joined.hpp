// An exposition as one text, for those who look at it.
#pragma once

#include <string>

#include "exposition/registry.hpp"

namespace kcommons::test {

inline std::string joined(const exposition::Registry::Pieces& pieces) {
  std::string text;
  for (const auto& piece : pieces) text += *piece;
  return text;
}

}  // namespace kcommons::test
