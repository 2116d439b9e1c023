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
  const std::string text =
      GENERATE(as<std::string>{}, "", ":", "10044", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536",
               "127.0.0.1:-1", "127.0.0.1:+1", "127.0.0.1:000080", "127.0.0.1:http",
               "127.0.0.1: 80", " 127.0.0.1:80", "256.0.0.1:80", "10.1:80", "1.2.3.4.5:80",
               "::1:80", "[127.0.0.1]:80", "[]:80", "[:80", "]:80", "[::1:80", "[fe80::1%eth0]:80",
               "[::g]:80", "a_b:80", "-a:80", "a-:80", "a..b:80", ".a:80", "a.:80",
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

TEST_CASE("an ipv6 address stands in brackets and has one form", "[config]") {
  const auto [text, expected] = GENERATE(table<std::string, ListenAddress>({
      {"[::1]:1", {"::1", 1}},
      {"[::]:10044", {"::", 10044}},
      {"[0:0::0001]:80", {"::1", 80}},
      {"[FE80::1]:80", {"fe80::1", 80}},
  }));
  CAPTURE(text);
  const auto address = parse_listen_address(text);
  REQUIRE(address);
  CHECK(*address == expected);
  CHECK(is_ipv6(*address));
  CHECK_FALSE(is_ipv6({.host = "127.0.0.1", .port = 1}));
}

TEST_CASE("addresses are the same however they are written", "[config]") {
  const auto same = [](const char* left, const char* right) {
    return are_same(*parse_listen_address(left), *parse_listen_address(right));
  };
  CHECK(same(":80", "0.0.0.0:80"));
  CHECK(same("[::1]:80", "[0::1]:80"));
  CHECK_FALSE(same(":80", ":81"));
  CHECK_FALSE(same(":80", "127.0.0.1:80"));
  CHECK_FALSE(same("[::]:80", ":80"));
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
