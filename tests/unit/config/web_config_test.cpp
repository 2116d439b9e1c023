#include "config/web_config.hpp"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

using namespace kcommons::config;

namespace {

const std::string kHash = "$2y$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW";

std::vector<std::string> mistakes_in(const std::string& yaml) {
  std::vector<std::string> lines;
  for (const auto& error : parse_web_config(yaml, "w").errors) lines.push_back(error.text());
  return lines;
}

bool has_mistake(const std::string& yaml, const std::string& part) {
  const auto lines = mistakes_in(yaml);
  return !lines.empty() && lines.front().find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("a web configuration has users and headers", "[config]") {
  const auto result = parse_web_config(
      "basic_auth_users:\n  alice: " + kHash + "\n  \"bob b\": '" + kHash +
          "'\nhttp_server_config:\n  http2: true\n  headers:\n    X-Frame-Options: deny\n    "
          "X-XSS-Protection: ''\n",
      "w");
  for (const auto& error : result.errors) FAIL_CHECK(error.text());
  CHECK(result.config.users ==
        std::map<std::string, std::string>{{"alice", kHash}, {"bob b", kHash}});
  CHECK(result.config.headers ==
        std::vector<std::pair<std::string, std::string>>{{"X-Frame-Options", "deny"}});
  for (const std::string none : {"{}", "basic_auth_users: {}", "http_server_config:\n"}) {
    CAPTURE(none);
    CHECK(mistakes_in(none).empty());
    CHECK(parse_web_config(none, "w").config == WebConfig{});
  }
}

TEST_CASE("a web configuration is refused as a whole, with the place of what is wrong",
          "[config]") {
  CHECK(has_mistake("tls_server_config: {cert_file: a}", "w:1:1: tls_server_config: TLS is not"));
  CHECK(has_mistake("rate_limit: {}", "unknown key"));
  CHECK(has_mistake("basic_auth_users: {alice: secret}", "w:1:27: basic_auth_users.alice: "));
  CHECK(has_mistake("basic_auth_users: {alice: }", "expected a hash of bcrypt"));
  CHECK(has_mistake("basic_auth_users: {'a:b': '" + kHash + "'}", "no ':' in it"));
  CHECK(has_mistake("basic_auth_users: {a: '" + kHash + "', a: '" + kHash + "'}", "given twice"));
  CHECK(has_mistake("basic_auth_users: [a]", "expected a mapping"));
  CHECK(has_mistake("http_server_config: {http3: true}", "unknown key"));
  CHECK(has_mistake("http_server_config: {http2: perhaps}", "expected true or false"));
  CHECK(has_mistake("http_server_config: {headers: {Server: x}}", "unknown header"));
  CHECK(has_mistake("http_server_config: {headers: {X-Frame-Options: \"a\\r\\nb\"}}", "one line"));
  CHECK(has_mistake("[", "w:"));
  for (const std::string cut : {"", " \n", "# users\n", "---\n", "~"}) {
    CAPTURE(cut);
    CHECK(has_mistake(cut, "the file is empty"));
  }
  CHECK(has_mistake("basic_auth_users:\n", "w:1:1: basic_auth_users: expected users"));
  CHECK(has_mistake("basic_auth_users: {a: '$2y$16$" + kHash.substr(7) + "'}", "from 4 to 15"));
  for (const std::string& hash :
       {kHash.substr(1), kHash + "a", "$2x$10$" + kHash.substr(7), "$2y$99$" + kHash.substr(7),
        "$2y$10$" + std::string(53, '*'), std::string("$1$abc$def")}) {
    CAPTURE(hash);
    CHECK(has_mistake("basic_auth_users: {a: '" + hash + "'}", "bcrypt"));
  }
}
