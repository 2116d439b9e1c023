// The web configuration, in the format that exporters of Prometheus share (exporter-toolkit,
// docs/web-configuration.md), as far as it is kept here: users with hashes of bcrypt, and headers.
// TLS is refused with advice, never ignored; so is every other key. Thread-safe; throws nothing but
// std::bad_alloc.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/config.hpp"

namespace kcommons::config {

struct WebConfig {
  std::map<std::string, std::string> users;  // name → hash; empty: nobody is asked who they are
  std::vector<std::pair<std::string, std::string>> headers;  // to be added to every answer

  bool operator==(const WebConfig&) const = default;
};

struct WebConfigResult {
  WebConfig config;
  std::vector<ConfigError> errors;  // while there are any, config is worth nothing
};

// `path` is only for messages.
WebConfigResult parse_web_config(std::string_view yaml, std::string_view path);
// A file that cannot be read, or is larger than 1 MiB, is one error.
WebConfigResult load_web_config(const std::string& path);

}  // namespace kcommons::config
