#include "page/frame.hpp"

#include <catch2/catch.hpp>
#include <string>

#include "page/page.hpp"
#include "sample.hpp"
#include "sha256.hpp"

using namespace kcommons;
using namespace kcommons::page::test;
using Catch::Contains;

TEST_CASE("digest of the test is SHA-256", "[page]") {
  // openssl dgst -sha256 -binary | base64, of nothing, "abc" and a message of two blocks.
  CHECK(sha256_base64("") == "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
  CHECK(sha256_base64("abc") == "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=");
  CHECK(sha256_base64(std::string(64, 'a')) == "/+BU/nrgy23GXDr5th1SCfQ5hR20PQulmXM33xVGaOs=");
}

TEST_CASE("the policy allows the style and the script of the page and nothing else", "[page]") {
  const std::string expected =
      "default-src 'none'; style-src 'sha256-" + sha256_base64(page::style_sheet()) +
      "'; script-src 'sha256-" + sha256_base64(page::script()) +
      "'; img-src data:; connect-src 'self'; form-action 'self'; base-uri 'none'; "
      "frame-ancestors 'none'";
  CHECK(page::content_security_policy() == expected);
  const std::string html = page::overview_page(model_of(article()), {});
  CHECK_THAT(html, Contains("<style>" + std::string(page::style_sheet()) + "</style>"));
  CHECK_THAT(html, Contains("<script>" + std::string(page::script()) + "</script>"));
  CHECK(occurrences(html, "<style") == 1);
  CHECK(occurrences(html, "<script") == 1);
  // Blocked by the policy, so never to be written.
  CHECK(occurrences(html, " style=") == 0);
  CHECK(occurrences(html, " onclick=") == 0);
}

TEST_CASE("the script stays small and nothing comes from elsewhere", "[page]") {
  CHECK(page::script().size() <= 3 * 1024);
  const std::string html = page::overview_page(model_of(article()), {});
  // The name space of SVG in the icon is a name, no address that is asked.
  CHECK(occurrences(html, "http://") == occurrences(html, "xmlns='http://www.w3.org/2000/svg'"));
  CHECK(occurrences(html, "https://") == 0);
  CHECK(occurrences(html, "src=\"") == 0);
}
