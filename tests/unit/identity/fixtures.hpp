// Captures of real runtimes in tests/fixtures/identity.
#pragma once

#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>

namespace kcommons::test {

inline std::string fixture(const std::string& name) {
  const std::string path = std::string(KCOMMONS_FIXTURES) + "/identity/" + name;
  std::ifstream stream(path, std::ios::binary);
  if (!stream) throw std::runtime_error("no fixture " + path);
  return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

}  // namespace kcommons::test
