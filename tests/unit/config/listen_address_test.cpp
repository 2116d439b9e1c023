#include "config/listen_address.hpp"

#include <catch2/catch.hpp>
#include <string>

using namespace kcommons::config;

TEST_CASE("a listen address is a host and a port", "[config]") {
  const auto [text, expected] = GENERATE(table<std::string, ListenAddress>({
      {"127.0.0.1:10044", {"127.0.0.1", 10044}},
      {"0.0.0.0:80", {"0.0.0.0", 80}},
      {":9100", {"", 9100}},
      {":0", {"", 0}},
      {"localhost:65535", {"localhost", 65535}},
      {"node-1.example.com:1", {"node-1.example.com", 1}},
      {"4pets:1", {"4pets", 1}},
  }));
  CAPTURE(text);
  const auto address = parse_listen_address(text);
  REQUIRE(address);
  CHECK(*address == expected);
}

TEST_CASE("what is no listen address is refused with what is", "[config]") {
  const std::string text = GENERATE(
      as<std::string>{}, "", ":", "10044", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536",
      "127.0.0.1:-1", "127.0.0.1:+1", "127.0.0.1:000080", "127.0.0.1:http", "127.0.0.1: 80",
      " 127.0.0.1:80", "256.0.0.1:80", "10.1:80", "1.2.3.4.5:80", "::1:80", "[127.0.0.1]:80",
      "[]:80", "[:80", "]:80", "[::1:80", "a_b:80", "-a:80", "a-:80", "a..b:80", ".a:80", "a.:80",
      "http://localhost:80", "*:80", "höst:80", "127.0.0.1:80s", "80,81:82");
  CAPTURE(text);
  const auto address = parse_listen_address(text);
  REQUIRE_FALSE(address);
  const std::string message = address.error().message();
  CHECK(message.starts_with("\"" + text.substr(0, 1)));
  CHECK(
      message.ends_with("expected host:port, or :port for every address, such as "
                        "127.0.0.1:10044"));
}

TEST_CASE("an ipv6 address is refused with the reason", "[config]") {
  const std::string text = GENERATE(as<std::string>{}, "[::1]:1", "[::]:10044", "[fe80::1]:80");
  CAPTURE(text);
  const auto address = parse_listen_address(text);
  REQUIRE_FALSE(address);
  CHECK(address.error().message().find("is an IPv6 address, and the civetweb of Debian 12 has no "
                                       "IPv6") != std::string::npos);
}

TEST_CASE("names and labels that dns cannot hold are refused", "[config]") {
  const std::string label(63, 'a');
  CHECK(parse_listen_address(label + ":1"));
  CHECK_FALSE(parse_listen_address(label + "a:1"));
  const std::string name = label + "." + label + "." + label + "." + std::string(61, 'a');
  CHECK(parse_listen_address(name + ":1"));
  CHECK_FALSE(parse_listen_address(name + "a:1"));
  CHECK_FALSE(parse_listen_address(std::string(1'000'000, ':')));
}
