// config/kcommons.yaml is documentation, and is held to what the program does.
#include <fmt/core.h>
#include <fmt/ranges.h>

#include <catch2/catch.hpp>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "base/text.hpp"
#include "config/config.hpp"

using namespace kcommons::config;
namespace text = kcommons::text;

namespace {

std::string example() {
  std::ifstream file(KCOMMONS_EXAMPLE_CONFIG);
  std::stringstream content;
  content << file.rdbuf();
  REQUIRE(file.good());
  return content.str();
}

// The keys of a file that is indented by two spaces a level, as known_keys() writes them.
std::set<std::string> keys_of(const std::string& yaml) {
  std::set<std::string> keys;
  std::vector<std::string> sections;
  for (const auto line : text::split(yaml, '\n')) {
    const auto content = text::trim(line);
    if (content.empty() || content.front() == '#') continue;
    sections.resize(line.find_first_not_of(' ') / 2);
    sections.emplace_back(content.substr(0, content.find(':')));
    if (!content.ends_with(':')) keys.insert(fmt::format("{}", fmt::join(sections, ".")));
  }
  return keys;
}

std::string without(std::string content, const std::string& piece, const std::string& instead) {
  for (auto at = content.find(piece); at != std::string::npos; at = content.find(piece, at)) {
    content.replace(at, piece.size(), instead);
    at += instead.size();
  }
  return content;
}

}  // namespace

TEST_CASE("the example file holds the defaults", "[config]") {
  const auto result = load(KCOMMONS_EXAMPLE_CONFIG);
  for (const auto& error : result.errors) FAIL_CHECK(error.text());
  CHECK(result.config == Config{});
}

TEST_CASE("the example file holds every key", "[config]") {
  const auto present = keys_of(example());
  std::set<std::string> known;
  for (const auto& key : known_keys()) {
    if (key.find("[]") == std::string::npos) known.insert(key);
  }
  CHECK(present == known);
}

TEST_CASE("the example of a layout works once it is no comment", "[config]") {
  const std::string yaml =
      without(without(without(example(), "  layouts: []\n", ""), "  # layouts:", "  layouts:"),
              "  #   ", "    ");
  const auto result = parse(yaml, "f");
  for (const auto& error : result.errors) FAIL_CHECK(error.text());
  REQUIRE(result.config.cgroup.layouts.size() == 1);
  CHECK(result.config.cgroup.layouts[0].pattern == "/garden/{id}");
  CHECK(result.config.cgroup.layouts[0].runtime == "oci");
}

TEST_CASE("every key of one value can be set and none takes just anything", "[config]") {
  for (const auto& key : known_keys()) {
    if (key.starts_with("cgroup.layouts") || key.starts_with("identity.")) continue;
    CAPTURE(key);
    Config config;
    const auto refused = set(config, key, "\n");
    REQUIRE_FALSE(refused);
    CHECK(refused.error().message().find("is no key") == std::string::npos);
  }
}
