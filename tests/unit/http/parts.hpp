// The parts of an answer that has one.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace kcommons::http::test {

inline std::vector<std::shared_ptr<const std::string>> one(std::string text) {
  return {std::make_shared<const std::string>(std::move(text))};
}

}  // namespace kcommons::http::test
