// exposition_check: reads a scrape from standard input and prints what is wrong with it, one line
// each. Exit status 0 when nothing is, 1 when something is, 2 when the input could not be read.
//
//   curl -s http://127.0.0.1:10044/metrics | exposition_check
#include <iostream>
#include <iterator>
#include <string>

#include "exposition_checker.hpp"

int main() {
  const std::string text((std::istreambuf_iterator<char>(std::cin)),
                         std::istreambuf_iterator<char>());
  if (std::cin.bad()) {
    std::cerr << "exposition_check: standard input: read failed\n";
    return 2;
  }
  const auto exposition = kcommons::testing::parse_exposition(text);
  for (const std::string& violation : exposition.violations) std::cout << violation << '\n';
  if (exposition.samples.empty()) std::cout << "no sample at all\n";
  return exposition.violations.empty() && !exposition.samples.empty() ? 0 : 1;
}
