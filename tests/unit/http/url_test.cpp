#include "http/url.hpp"

#include <catch2/catch.hpp>
#include <string>

using namespace kcommons::http;

TEST_CASE("a password may be given beside a URL", "[http]") {
  CHECK(parse_url("http://me@h", "hush:@/")->password == "hush:@/");
  CHECK(parse_url("http://me@h", "")->password.empty());
  // The one in the URL is the one that was meant, and nobody has none.
  CHECK(parse_url("http://me:own@h", "hush")->password == "own");
  CHECK(parse_url("http://h", "hush")->password.empty());
  CHECK(parse_url("http://me@h", "hush")->user == "me");
}

TEST_CASE("a URL is taken apart", "[http]") {
  struct Row {
    std::string text;
    std::string user;
    std::string password;
    std::string host;
    int port;
    std::string path;
  };
  const Row row = GENERATE(values<Row>({
      {"http://127.0.0.1:10044", "", "", "127.0.0.1", 10044, ""},
      {"http://127.0.0.1:10044/", "", "", "127.0.0.1", 10044, ""},
      {"HTTP://node-1.example", "", "", "node-1.example", 80, ""},
      {"http://h:1/a/b//", "", "", "h", 1, "/a/b"},
      {"http://h/%20x", "", "", "h", 80, "/%20x"},
      {"http://me:secret@h:65535", "me", "secret", "h", 65535, ""},
      {"http://me:@h", "me", "", "h", 80, ""},
      {"http://m%40e:a%3Ab%2F%25:c@h/x", "m@e", "a:b/%:c", "h", 80, "/x"},
      {"http://me:a@b@h", "me", "a@b", "h", 80, ""},
  }));
  CAPTURE(row.text);
  const auto url = parse_url(row.text);
  REQUIRE(url);
  CHECK(url->user == row.user);
  CHECK(url->password == row.password);
  CHECK(url->host == row.host);
  CHECK(url->port == row.port);
  CHECK(url->path == row.path);
}

TEST_CASE("what is no URL is refused with what is expected", "[http]") {
  struct Row {
    std::string text;
    std::string message;
  };
  const std::string example = ", expected http://host:port, such as http://127.0.0.1:10044";
  const Row row = GENERATE_COPY(values<Row>({
      {"", "no URL" + example},
      {"http://h h", "no URL" + example},
      {"http://h\r\nX: y", "no URL" + example},
      {"http://" + std::string(3000, 'h'), "no URL" + example},
      {"127.0.0.1:10044", "no http:// at the front" + example},
      {"ftp://h", "no http URL" + example},
      {"https://h",
       "https, which is not spoken here, expected http; through a tunnel (ssh -L "
       "10044:127.0.0.1:10044 host) ask http://127.0.0.1:10044"},
      {"http://", "no host" + example},
      {"http:///x", "no host" + example},
      {"http://:80", "no host" + example},
      {"http://h!", "no host" + example},
      {"http://h:", "the port \"\", expected 1 to 65535"},
      {"http://h:0", "the port \"0\", expected 1 to 65535"},
      {"http://h:65536", "the port \"65536\", expected 1 to 65535"},
      {"http://h:8x", "the port \"8x\", expected 1 to 65535"},
      {"http://h:1:2", "the port \"1:2\", expected 1 to 65535"},
      {"http://[::1]:80", "an IPv6 address, expected an IPv4 address or a name"},
      {"http://h?x", "a query or a fragment, expected none"},
      {"http://h/a#b", "a query or a fragment, expected none"},
      {"http://@h", "no user before the @, expected user:password@"},
      {"http://:p@h", "no user before the @, expected user:password@"},
      {"http://me@h", "a user without a password, expected user:password@"},
      {"http://a%3Ab:c@h", "a user with a colon, expected one without"},
      {"http://me:100%@h", "a % in user or password, expected %25 for it"},
  }));
  CAPTURE(row.text.substr(0, 100));
  const auto url = parse_url(row.text);
  REQUIRE_FALSE(url);
  CHECK(url.error().message() == row.message);
}

TEST_CASE("a password is never shown", "[http]") {
  CHECK(shown(*parse_url("http://me:hush@h:10044/p/")) == "http://h:10044/p");
  const std::string text = GENERATE(
      as<std::string>(), "https://me:hush@h", "me:hush@h", "ftp://me:hush@h", "http://me:hush@h:x",
      "http://me:hush@", "http://me:hush@[::1]", "http://me:hush/x@h", "http://me:hush?x@h",
      "http://me:hush#x@h", "http://me:hush%@h", "http://:hush@h", "http://me:hush@h?x");
  CAPTURE(text);
  const auto url = parse_url(text);
  REQUIRE_FALSE(url);
  CHECK(url.error().message().find("hush") == std::string::npos);
}
