#include "http/basic_auth.hpp"

#include <catch2/catch.hpp>
#include <map>
#include <string>

using kcommons::http::BasicAuth;
using kcommons::http::parse_basic;

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
  for (int i = 0; i < 2; ++i) {
    CHECK(auth.admits("Basic YWxpY2U6c2VjcmV0"));            // alice:secret
    CHECK(auth.admits("Basic Ym9iOnDDpHNzOndvcmQ="));        // bob:päss:word
    CHECK_FALSE(auth.admits("Basic YWxpY2U6U2VjcmV0"));      // alice:Secret
    CHECK_FALSE(auth.admits("Basic Ym9iOnNlY3JldA=="));      // bob:secret
    CHECK_FALSE(auth.admits("Basic YWxpY2U6"));              // alice:
    CHECK_FALSE(auth.admits("Basic bm9ib2R5OnNlY3JldA=="));  // nobody:secret
    CHECK_FALSE(auth.admits("Basic Og=="));                  // :
    CHECK_FALSE(auth.admits("nonsense"));
    CHECK_FALSE(auth.admits(std::nullopt));
  }
}

TEST_CASE("without users everybody is admitted", "[http]") {
  const BasicAuth auth({});
  CHECK(auth.admits(std::nullopt));
  CHECK(auth.admits("nonsense"));
}
