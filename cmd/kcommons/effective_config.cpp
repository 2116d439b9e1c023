#include "effective_config.hpp"

#include <fmt/core.h>

#include "cgroup/layouts.hpp"
#include "config/listen_address.hpp"
#include "http/server.hpp"

namespace kcommons::cmd {

std::string file_in_force(const Given& environment, const Given& flags) {
  for (const Given* given : {&flags, &environment}) {
    if (const auto at = given->find(kConfigFile.name); at != given->end()) return at->second;
  }
  return {};
}

namespace {

// `what` stands before the address, where the origin does not name the key.
void refuse_ipv6_without_engine(config::LoadResult& loaded, const std::string& origin,
                                std::string_view what = "") {
  if (http::has_ipv6()) return;
  for (const std::string& text : loaded.config.web.listen_addresses) {
    const auto address = config::parse_listen_address(text);
    if (!address || !config::is_ipv6(*address)) continue;
    loaded.errors.push_back(
        {.path = origin,
         .message =
             fmt::format("{}\"{}\" is an IPv6 address, and {}, expected an IPv4 address or a host",
                         what, text, http::kNoIpv6)});
  }
}

}  // namespace

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
  refuse_ipv6_without_engine(loaded, path, "web.listen_address: ");
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
    if (done && flag.key == "web.listen_address") refuse_ipv6_without_engine(result, origin);
  };
  for (const Flag& flag : kFlags) {
    lay_on_top(environment, flag, environment_name(flag.name));
    lay_on_top(flags, flag, "--" + std::string(flag.name));
  }
  return result;
}

}  // namespace kcommons::cmd
