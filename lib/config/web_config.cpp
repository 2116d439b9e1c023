#include "config/web_config.hpp"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <set>

#include "base/text.hpp"
#include "config/file_text.hpp"
#include "config/mistakes.hpp"
#include "config/yaml_tree.hpp"

namespace kcommons::config {

namespace {

// Of no other does the toolkit let an exporter send.
constexpr std::array<std::string_view, 5> kHeaders{
    "Content-Security-Policy", "Strict-Transport-Security", "X-Content-Type-Options",
    "X-Frame-Options", "X-XSS-Protection"};

// Each is twice the one before: of 10, a password takes some 50 ms, of 15, two seconds.
constexpr int kHighestCost = 15;

// "$2y$10$" and 53 of its letters: 22 of salt, 31 of hash.
bool is_bcrypt(std::string_view hash) {
  constexpr std::size_t kLength = 60;
  if (hash.size() != kLength || !hash.starts_with("$2")) return false;
  const bool is_known = hash[2] == 'a' || hash[2] == 'b' || hash[2] == 'y';
  const auto cost = text::parse_number<int>(hash.substr(4, 2));
  const bool is_cost = cost && *cost >= 4 && *cost <= kHighestCost;
  if (!is_known || hash[3] != '$' || !is_cost || hash[6] != '$') return false;
  return std::ranges::all_of(hash.substr(7), [](char letter) {
    return (letter >= '0' && letter <= '9') || (letter >= 'A' && letter <= 'Z') ||
           (letter >= 'a' && letter <= 'z') || letter == '.' || letter == '/';
  });
}

class WebReader final {
 public:
  WebReader(WebConfig& config, std::vector<Mistake>& mistakes)
      : config_(config), mistakes_(mistakes) {}

  void read(const Node& root);

 private:
  void refuse(Position at, std::string_view key, std::string_view message) {
    mistakes_.push_back(mistake_of(at, key, message));
  }
  // Calls `take` with each key that is a word, and its value; each key once.
  template <typename Take>
  void for_each(const Node& mapping, std::string_view section, Take take);
  void read_users(const Node& value);
  void read_http(const Node& value);
  void read_headers(const Node& value);

  WebConfig& config_;
  std::vector<Mistake>& mistakes_;
};

template <typename Take>
void WebReader::for_each(const Node& mapping, std::string_view section, Take take) {
  if (mapping.kind == Node::Kind::kEmpty || mapping.kind == Node::Kind::kRefused) return;
  if (mapping.kind != Node::Kind::kMapping) {
    refuse(mapping.at, section, "expected a mapping");
    return;
  }
  std::set<std::string_view> seen;
  for (std::size_t i = 0; i + 1 < mapping.children.size(); i += 2) {
    const Node& key = mapping.children[i];
    if (!is_scalar(key)) {
      refuse(key.at, section, "expected a word as a key");
      continue;
    }
    const std::string path =
        section.empty() ? key.scalar : fmt::format("{}.{}", section, key.scalar);
    if (!seen.insert(key.scalar).second) refuse(key.at, path, "given twice, expected once");
    take(key, path, mapping.children[i + 1]);
  }
}

void WebReader::read_users(const Node& value) {
  for_each(value, "basic_auth_users",
           [this](const Node& key, const std::string& path, const Node& hash) {
             if (key.scalar.empty() || key.scalar.find(':') != std::string::npos) {
               refuse(key.at, path, "expected the name of a user, which has no ':' in it");
             } else if (!is_scalar(hash) || !is_bcrypt(hash.scalar)) {
               refuse(hash.at, path,
                      fmt::format("expected a hash of bcrypt, of a cost from 4 to {}: htpasswd "
                                  "-nBC 10 \"\"",
                                  kHighestCost));
             } else {
               config_.users.insert_or_assign(key.scalar, hash.scalar);
             }
           });
}

void WebReader::read_headers(const Node& value) {
  for_each(value, "http_server_config.headers",
           [this](const Node& key, const std::string& path, const Node& header) {
             if (std::ranges::find(kHeaders, key.scalar) == kHeaders.end()) {
               refuse(key.at, path,
                      fmt::format("unknown header, expected one of {}", fmt::join(kHeaders, ", ")));
             } else if (!is_scalar(header) || text::printable(header.scalar) != header.scalar) {
               refuse(header.at, path, "expected text on one line");
             } else if (!header.scalar.empty()) {
               config_.headers.emplace_back(key.scalar, header.scalar);
             }
           });
}

void WebReader::read_http(const Node& value) {
  for_each(value, "http_server_config",
           [this](const Node& key, const std::string& path, const Node& inner) {
             if (key.scalar == "headers") {
               read_headers(inner);
             } else if (key.scalar != "http2") {
               refuse(key.at, path, "unknown key, expected one of headers, http2");
             } else if (inner.scalar != "true" && inner.scalar != "false") {
               // HTTP/2 takes TLS, so that either is the same here.
               refuse(inner.at, path, "expected true or false");
             }
           });
}

void WebReader::read(const Node& root) {
  // A file that is being written is empty for a moment.
  if (root.kind == Node::Kind::kEmpty) {
    refuse(root.at, "", "the file is empty, expected keys, or {} where there are none");
  }
  for_each(root, "", [this](const Node& key, const std::string& path, const Node& value) {
    if (key.scalar == "basic_auth_users" && value.kind == Node::Kind::kEmpty) {
      refuse(key.at, path, "expected users, or {} where there are none");
    } else if (key.scalar == "basic_auth_users") {
      read_users(value);
    } else if (key.scalar == "http_server_config") {
      read_http(value);
    } else if (key.scalar == "tls_server_config") {
      refuse(key.at, path,
             "TLS is not served: put a neighbour in front that does, stunnel on a plain host "
             "(deploy/stunnel), kube-rbac-proxy in a cluster (deploy/helm), and listen on the "
             "loopback");
    } else {
      refuse(key.at, path, "unknown key, expected one of basic_auth_users, http_server_config");
    }
  });
}

}  // namespace

WebConfigResult parse_web_config(std::string_view yaml, std::string_view path) {
  WebConfigResult result;
  YamlTree tree = parse_yaml(yaml);
  if (tree.readable) WebReader(result.config, tree.mistakes).read(tree.root);
  result.errors = errors_of(std::move(tree.mistakes), path);
  return result;
}

WebConfigResult load_web_config(const std::string& path) {
  const auto content = read_text_of_file(path);
  if (content) return parse_web_config(*content, path);
  WebConfigResult result;
  result.errors.push_back({.path = path, .message = content.error().message()});
  return result;
}

}  // namespace kcommons::config
