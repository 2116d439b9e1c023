#include "config/config.hpp"

#include <fmt/core.h>

#include <algorithm>

#include "base/text.hpp"
#include "config/fields.hpp"
#include "config/file_text.hpp"
#include "config/mistakes.hpp"
#include "config/reader.hpp"
#include "config/values.hpp"
#include "config/yaml_tree.hpp"

namespace kcommons::config {

namespace {

bool same_layouts(const Config& one, const Config& other) {
  return std::ranges::equal(one.cgroup.layouts, other.cgroup.layouts,
                            [](const LayoutRule& a, const LayoutRule& b) {
                              return a.pattern == b.pattern && a.runtime == b.runtime;
                            });
}

}  // namespace

std::string ConfigError::text() const {
  const std::string name = text::printable(path);
  const std::string what = text::printable(message);
  if (line == 0) return fmt::format("{}: {}", name, what);
  return fmt::format("{}:{}:{}: {}", name, line, column, what);
}

LoadResult parse(std::string_view yaml, std::string_view path) {
  LoadResult result;
  YamlTree tree = parse_yaml(yaml);
  if (tree.readable) read_config(tree.root, result.config, tree.mistakes);
  result.errors = errors_of(std::move(tree.mistakes), path);
  return result;
}

LoadResult load(const std::string& path) {
  const auto content = read_text(path);
  if (content) return parse(*content, path);
  LoadResult result;
  result.errors.push_back({.path = path, .message = content.error().message()});
  return result;
}

Result<void> set(Config& config, std::string_view key, std::string_view value) {
  const Field* field = find_field(key);
  if (field == nullptr) return fail(unexpected(quoted(key) + " is no key", "a known key"));
  return field->set(config, value);
}

std::vector<std::string> known_keys() {
  std::vector<std::string> keys;
  for (const Field& field : fields()) keys.emplace_back(field.key);
  std::vector<std::string> lists{"cgroup.layouts", "cgroup.layouts[].path",
                                 "cgroup.layouts[].runtime"};
  for (const ListField& field : list_fields()) {
    if (find_field(field.key) == nullptr) lists.emplace_back(field.key);
  }
  keys.insert(std::ranges::find(keys, "incidents.threshold"), lists.begin(), lists.end());
  return keys;
}

std::vector<std::string> differing_keys(const Config& one, const Config& other) {
  Config left = one;  // rows of lists lead to what may be written
  Config right = other;
  const auto differs = [&](const std::string& key) {
    if (const Field* field = find_field(key)) return !field->same(one, other);
    if (const ListField* list = find_list_field(key)) return list->list(left) != list->list(right);
    return key == "cgroup.layouts" && !same_layouts(one, other);
  };
  std::vector<std::string> keys;
  for (const std::string& key : known_keys()) {
    if (differs(key)) keys.push_back(key);
  }
  return keys;
}

}  // namespace kcommons::config
