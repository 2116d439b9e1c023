// Captures of real runtimes in tests/fixtures/identity.
#pragma once

#include <algorithm>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>

namespace kcommons::test {

inline std::string fixture(const std::string& name) {
  const std::string path = KCOMMONS_FIXTURES "/identity/" + name;
  std::ifstream stream(path, std::ios::binary);
  if (!stream) throw std::runtime_error("no fixture " + path);
  return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

// The command line of the parent of a capture in proc/, with NUL between the arguments as the
// kernel has it.
inline std::string parent_of(const std::string& name) {
  std::string text = fixture("proc/v2-systemd252." + name + ".meta.txt");
  text.erase(0, text.find('\n') + 1);
  text.erase(text.find(" + echo"));
  const bool is_title = text.starts_with('[');
  if (!is_title) std::replace(text.begin(), text.end(), ' ', '\0');
  return text + '\0';
}

}  // namespace kcommons::test
