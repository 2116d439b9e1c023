#include "http/basic_auth.hpp"

#include <atomic>
#include <catch2/catch.hpp>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

using kcommons::http::BasicAuth;
using kcommons::http::parse_basic;
using enum kcommons::http::Admission;

namespace {

// Of "secret" and "päss:word", at the lowest cost that there is.
const std::map<std::string, std::string> kUsers{
    {"alice", "$2y$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW"},
    {"bob", "$2b$04$ABCDEFGHIJKLMNOPQRSTUOscarP/409A0Sd8NeoBh7lv7CSQVzCeC"}};

}  // namespace

TEST_CASE("credentials are a name and a password in base64", "[http]") {
  CHECK(parse_basic("Basic YTpi") == "a:b");
  CHECK(parse_basic("basic   YTpi ") == "a:b");
  CHECK(parse_basic("Basic YTo=") == "a:");
  CHECK(parse_basic("Basic OmI") == ":b");
  for (const std::string& bad :
       {std::string(), std::string("Basic"), std::string("Basic "), std::string("Bearer YTpi"),
        std::string("Basic YT pi"), std::string("Basic YTpi*"), std::string("Basic YWI="),
        std::string("Basic AGE6"), std::string("Basic Y"), std::string("Basic ====="),
        "Basic " + std::string(100000, 'Y')}) {
    CAPTURE(bad.substr(0, 30));
    CHECK_FALSE(parse_basic(bad));
  }
}

TEST_CASE("only the right password of a user is admitted, each time", "[http]") {
  const BasicAuth auth(kUsers);
  const auto ask = [&auth](std::optional<std::string_view> authorization) {
    return auth.ask(authorization, "192.0.2.1");
  };
  for (int i = 0; i < 2; ++i) {
    CHECK(ask("Basic YWxpY2U6c2VjcmV0") == kAdmitted);      // alice:secret
    CHECK(ask("Basic Ym9iOnDDpHNzOndvcmQ=") == kAdmitted);  // bob:päss:word
    CHECK(ask("Basic YWxpY2U6U2VjcmV0") == kRefused);       // alice:Secret
    CHECK(ask("Basic Ym9iOnNlY3JldA==") == kRefused);       // bob:secret
    CHECK(ask("Basic YWxpY2U6") == kRefused);               // alice:
    CHECK(ask("Basic bm9ib2R5OnNlY3JldA==") == kRefused);   // nobody:secret
    CHECK(ask("Basic Og==") == kRefused);                   // :
    CHECK(ask("nonsense") == kRefused);
    CHECK(ask(std::nullopt) == kRefused);
  }
}

TEST_CASE("without users everybody is admitted", "[http]") {
  const BasicAuth auth({});
  CHECK(auth.ask(std::nullopt, "") == kAdmitted);
  CHECK(auth.ask("nonsense", "") == kAdmitted);
}

TEST_CASE("a flood of wrong passwords keeps out neither who was in before nor other addresses",
          "[http]") {
  // With one more, as dear as is usual: it is that for everybody.
  auto users = kUsers;
  users["carol"] = "$2b$10$abcdefghijklmnopqrstuuqflPDzB6gcMhKa1rZqKiun2YGL5sa2u";
  const BasicAuth auth(users);
  constexpr const char* kAlice = "Basic YWxpY2U6c2VjcmV0";
  constexpr const char* kBob = "Basic Ym9iOnDDpHNzOndvcmQ=";
  REQUIRE(auth.ask(kAlice, "192.0.2.1") == kAdmitted);
  std::atomic<bool> is_over = false;
  std::atomic<int> busy = 0;
  std::atomic<int> admitted = 0;
  std::vector<std::thread> flood;
  for (std::size_t i = 0; i < BasicAuth::kOfOneAddress + 2; ++i) {
    flood.emplace_back([&] {
      while (!is_over) {
        const auto verdict = auth.ask("Basic bm9ib2R5OnNlY3JldA==", "192.0.2.1");
        if (verdict == kAdmitted) ++admitted;
        if (verdict != kBusy) continue;
        ++busy;
        std::this_thread::yield();
      }
    });
  }
  while (busy == 0) std::this_thread::yield();
  CHECK(auth.ask(kAlice, "192.0.2.1") == kAdmitted);
  CHECK(auth.ask(kBob, "192.0.2.2") == kAdmitted);
  is_over = true;
  for (std::thread& one : flood) one.join();
  CHECK(admitted == 0);
}
