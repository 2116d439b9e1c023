#include "effective_config.hpp"

#include "cgroup/layouts.hpp"

namespace kcommons::cmd {

std::string file_in_force(const Given& environment, const Given& flags) {
  for (const Given* given : {&flags, &environment}) {
    if (const auto at = given->find(kConfigFile.name); at != given->end()) return at->second;
  }
  return {};
}

std::string environment_name(std::string_view flag) {
  std::string name = "KCOMMONS_";
  for (const char c : flag) {
    const bool is_lower = c >= 'a' && c <= 'z';
    name += is_lower ? static_cast<char>(c - 'a' + 'A') : '_';
  }
  return name;
}

config::LoadResult load_checked(const std::string& path) {
  config::LoadResult loaded = config::load(path);
  cgroup::Layouts layouts;
  for (const auto& rule : loaded.config.cgroup.layouts) {
    const auto added = layouts.add(rule.pattern, rule.runtime);
    if (added) continue;
    loaded.errors.push_back({.path = path,
                             .line = rule.line,
                             .column = rule.column,
                             .message = "cgroup.layouts: " + added.error().message()});
  }
  return loaded;
}

config::LoadResult effective_config(const Given& environment, const Given& flags) {
  const std::string file = file_in_force(environment, flags);
  config::LoadResult result = file.empty() ? config::LoadResult{} : load_checked(file);
  const auto lay_on_top = [&](const Given& given, const Flag& flag, const std::string& origin) {
    const auto at = given.find(flag.name);
    if (at == given.end()) return;
    const auto done = config::set(result.config, flag.key, at->second);
    if (!done) result.errors.push_back({.path = origin, .message = done.error().message()});
  };
  for (const Flag& flag : kFlags) {
    lay_on_top(environment, flag, environment_name(flag.name));
    lay_on_top(flags, flag, "--" + std::string(flag.name));
  }
  return result;
}

}  // namespace kcommons::cmd
