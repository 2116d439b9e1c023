#include "report/pools_text.hpp"

#include <catch2/catch.hpp>
#include <limits>
#include <string>

#include "base/text.hpp"
#include "report/format.hpp"
#include "sample.hpp"

namespace report = kcommons::report;
using namespace kcommons::report::test;
using kcommons::text::split;

TEST_CASE("table of pools is exact", "[report]") {
  CHECK(report::pools_text(report::pool_rows(article())) ==
        R"(RESOURCE            USED      LIMIT   USE%  SCOPE     TOP HOLDER
inotify instances    121        128  94.5%  uid 0     containerd.service (38)
inotify watches    41230     524288   7.9%  uid 1000  vscode-se…er.scope (40991)
open files          9312  unlimited      -  host      shop/web/nginx (2210)
)");
}

TEST_CASE("table without pools is its headings", "[report]") {
  CHECK(report::pools_text({}) == "RESOURCE  USED  LIMIT  USE%  SCOPE  TOP HOLDER\n");
}

TEST_CASE("lines of the table stay within eighty columns whatever names are", "[report]") {
  Snapshot snapshot;
  const std::string hostile =
      GENERATE(as<std::string>(), std::string(500, 'n'), "\x1b[2J\r\n\t" + std::string(100, '\xFF'),
               "evil\nRESOURCE  USED", std::string(253, 'a') + "é", "");
  const auto unit = add_unit(snapshot, hostile);
  const auto container = add_container(snapshot, "0123456789abcdef", hostile, hostile, hostile);
  auto& watches = add_pool(snapshot, ResourceId::kInotifyWatches, "4294967295", 99999999, 1);
  watches.userns = "4026532301";
  watches.holdings = {{.holder = container, .used = 99999999}};
  auto& files = add_pool(snapshot, ResourceId::kOpenFiles, "", 99999999, kUnlimited);
  files.holdings = {{.holder = unit, .used = 99999999}};
  const std::string table = report::pools_text(report::pool_rows(snapshot));
  const auto lines = split(table, '\n');
  REQUIRE(lines.size() == 4);
  CHECK(lines[3].empty());
  for (const std::string_view line : lines) {
    CAPTURE(std::string(line));
    CHECK(report::width(line) <= 80);
    CHECK(kcommons::text::printable(line) == line);
  }
}

TEST_CASE("numbers are never cut", "[report]") {
  Snapshot snapshot;
  const auto unit = add_unit(snapshot, std::string(100, 'u'));
  constexpr auto kMost = std::numeric_limits<std::uint64_t>::max();
  add_pool(snapshot, ResourceId::kInotifyWatches, "4294967295", kMost, kMost - 1).holdings = {
      {.holder = unit, .used = kMost}};
  const std::string table = report::pools_text(report::pool_rows(snapshot));
  CHECK(table.find(" 18446744073709551615  18446744073709551614 ") != std::string::npos);
  CHECK(table.find("uu…u (18446744073709551615)\n") != std::string::npos);
}
