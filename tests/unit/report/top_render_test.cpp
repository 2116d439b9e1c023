#include <array>
#include <catch2/catch.hpp>
#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/text.hpp"
#include "report/format.hpp"
#include "report/top_csv.hpp"
#include "report/top_json.hpp"
#include "report/top_table.hpp"
#include "top_sample.hpp"

namespace report = kcommons::report;
using namespace kcommons::report::test;
using Catch::Contains;
using kcommons::attribution::By;
using kcommons::catalogue::ResourceId;
using kcommons::text::split;
using report::Detail;
using report::Paper;
using report::Top;

namespace {

constexpr std::array kAllBy{By::kContainer, By::kUid, By::kUnit, By::kProcess, By::kPod};
constexpr Paper kTerminal{.columns = 80};
constexpr Paper kPipe{};

const std::vector<std::string> kHostile{std::string(500, 'n'),
                                        "\x1b[2J\r\n\t" + std::string(100, '\xFF'),
                                        "evil\nHOLDER  POOL",
                                        "=cmd|'/c calc'!A0",
                                        "\"a\",b",
                                        std::string(253, 'a') + "é",
                                        std::string("nul\0here", 8)};

std::string summary_of(Top top, Detail detail, const Paper& paper) {
  const auto summary = report::summarize(top, std::nullopt, false, 3);
  return report::summary_table(top, summary, detail, paper);
}

// The fields of a line of CSV.
std::vector<std::string> fields(std::string_view line) {
  std::vector<std::string> all{""};
  bool quoted = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '"' && quoted && i + 1 < line.size() && line[i + 1] == '"') {
      all.back() += line[i++];
    } else if (line[i] == '"') {
      quoted = !quoted;
    } else if (line[i] == ',' && !quoted) {
      all.emplace_back();
    } else {
      all.back() += line[i];
    }
  }
  CHECK_FALSE(quoted);
  return all;
}

}  // namespace

TEST_CASE("table of top is exact", "[report]") {
  Top top = top_of(busy_host(), {.resources = {ResourceId::kOpenFiles, ResourceId::kInotifyWatches,
                                               ResourceId::kFanotifyMarks}});
  report::limit_rows(top, 4);
  CHECK(report::top_table(top, Detail::kTable, kPipe) ==
        R"(HOLDER           POOL                   USED  LIMIT%  SHARE%
0123456789ab     open_files              520       -   52.0%
123456789abc     open_files              200       -   20.0%
kubelet.service  inotify_watches uid 0   120   96.0%   99.2%
23456789abcd     open_files              100       -   10.0%
3 more

TOTALS                  HELD  MORE  UNATTRIBUTED  USED      LIMIT   USE%
open_files               820   100            80  1000  unlimited      -
inotify_watches uid 0    120     0             1   121        125  96.8%
inotify_watches uid 33     0    30             0    30        125  24.0%
fanotify_marks             0     0             0     0          -      -

UNATTRIBUTED           CAUSE         UNITS
open_files             loop_devices      3
open_files             unexplained      77
inotify_watches uid 0  unexplained       1
)");
}

TEST_CASE("summary of top is exact", "[report]") {
  CHECK(summary_of(top_of(busy_host(), {}), Detail::kTable, kPipe) ==
        R"(HOLDER              FILES  INOTIFY  WATCHES  THREADS  PIPEPAGES   PIDS
0123456789ab          520        1       30        4         16      4
123456789abc          200        0        0        2          0      2
23456789abcd          100        0        0        2          0      2
(2 more)              100        2      120        4          0      4
(unattributed)         80        1        1        3          0      3
(used)               1000        4      151       15         16     15
(limit)         unlimited  128/uid  125/uid     1000  16384/uid  32768
(fullest pool)          -     2.3%    96.8%     1.5%       0.1%   0.0%
columns left out: 1 (-o wide has all)
)");
}

TEST_CASE("rows alone have neither headings nor totals", "[report]") {
  const Top top =
      top_of(busy_host(), {.resources = {ResourceId::kInotifyInstances}, .by = By::kUid});
  CHECK(report::top_table(top, Detail::kTable, {.headings = false}) ==
        " 0  inotify_instances uid 0   2  1.6%   66.7%\n"
        "33  inotify_instances uid 33  1  0.8%  100.0%\n");
}

TEST_CASE("processes are shown with their command", "[report]") {
  Top top = top_of(busy_host(), {.resources = {ResourceId::kPipePages}, .by = By::kProcess});
  top.who.at(top.rows.at(0).who).command = "ng\ninx";
  const std::string table = report::top_table(top, Detail::kTable, kTerminal);
  CHECK_THAT(table, Contains(" PID  COMMAND    HOLDER        UID  POOL ") &&
                        Contains("4000  ng\\x0ainx  0123456789ab   33  pipe_pages uid 33 "));
  top.who.at(top.rows.at(0).who).command.reset();
  CHECK_THAT(report::top_table(top, Detail::kTable, kTerminal),
             Contains("4000  -        0123456789ab"));
}

TEST_CASE("lines of top stay within eighty columns whatever names are", "[report]") {
  const std::string hostile = GENERATE(from_range(kHostile));
  const By by = GENERATE(from_range(kAllBy));
  kcommons::census::Census census = busy_host(hostile);
  for (auto& process : census.processes) process.files += 99'990'000;
  census.readings[kcommons::catalogue::index_of(ResourceId::kOpenFiles)].used = 599'999'999;
  Top top = top_of(census, {.by = by});
  for (auto& who : top.who) {
    if (who.pid) who.command = hostile.substr(0, 15);
  }
  const std::string text = summary_of(top, Detail::kTable, kTerminal) +
                           report::top_table(top, Detail::kTable, kTerminal);
  for (const std::string_view line : split(text, '\n')) {
    CAPTURE(std::string(line));
    CHECK(report::width(line) <= 80);
    CHECK(kcommons::text::printable(line) == line);
  }
}

TEST_CASE("nothing is cut in a pipe", "[report]") {
  const std::string name(300, 'u');
  const Top top = top_of(busy_host(name), {.resources = {ResourceId::kOpenFiles}});
  CHECK_THAT(report::top_table(top, Detail::kTable, kPipe), Contains("sshd.service" + name));
  CHECK_THAT(summary_of(top, Detail::kWide, kPipe), !Contains("…"));
}

TEST_CASE("colour is there where it is asked for and no wider", "[report]") {
  const Top top = top_of(busy_host(), {});
  std::string coloured = report::top_table(top, Detail::kTable, {.columns = 80, .colour = true});
  CHECK_THAT(coloured, Contains("\x1b[31m96.8%\x1b[0m") && Contains("\x1b[1m"));
  const std::string plain = report::top_table(top, Detail::kTable, kTerminal);
  CHECK(plain.find('\x1b') == std::string::npos);
  for (auto at = coloured.find('\x1b'); at != std::string::npos; at = coloured.find('\x1b')) {
    coloured.erase(at, coloured.find('m', at) - at + 1);
  }
  CHECK(coloured == plain);
}

TEST_CASE("CSV is one record a line whose sums are what is used", "[report]") {
  const std::string hostile = GENERATE(from_range(kHostile));
  const By by = GENERATE(from_range(kAllBy));
  Top top = top_of(busy_host(hostile), {.by = by});
  report::limit_rows(top, 5);
  const std::string csv = report::top_csv(top, true);
  auto lines = split(csv, '\n');
  REQUIRE(lines.back().empty());
  lines.pop_back();
  const auto headings = fields(lines.front());
  REQUIRE(headings.size() == 20);
  std::map<std::string, long> sums;
  std::map<std::string, long> used;
  for (std::size_t i = 1; i < lines.size(); ++i) {
    const auto row = fields(lines[i]);
    REQUIRE(row.size() == headings.size());
    const std::string pool = row[11] + " " + row[12] + " " + row[13];
    sums[pool] += std::stol(row[14]);
    used[pool] = std::stol(row[18]);
    for (std::size_t cell = 0; cell < 11; ++cell) {
      if (!row[cell].empty()) CHECK(std::string("=+-@").find(row[cell][0]) == std::string::npos);
    }
  }
  CHECK(sums.size() == top.pools.size());
  CHECK(sums == used);
  CHECK(report::top_csv(top, false) == csv.substr(csv.find('\n') + 1));
}

TEST_CASE("no spreadsheet takes a name for a formula", "[report]") {
  Top top = top_of(busy_host(), {.resources = {ResourceId::kPipePages}, .by = By::kProcess});
  for (const char* command : {"=1+1", "+1", "-1", "@SUM(A1)"}) {
    top.who.at(top.rows.at(0).who).command = command;
    CHECK_THAT(report::top_csv(top, false), Contains(std::string(",'") + command + ","));
  }
  top.who.at(top.rows.at(0).who).command = "=HYPERLINK(\"x\",1)";
  CHECK_THAT(report::top_csv(top, false), Contains(R"csv(,"'=HYPERLINK(""x"",1)",)csv"));
}

TEST_CASE("JSON is valid whatever names are", "[report]") {
  const std::string hostile = GENERATE(from_range(kHostile));
  const By by = GENERATE(from_range(kAllBy));
  Top top = top_of(busy_host(hostile), {.by = by});
  for (auto& who : top.who) {
    if (who.pid) who.command = hostile;
  }
  top.warnings.push_back(hostile);
  report::limit_rows(top, 5);
  const auto json = nlohmann::json::parse(report::top_json(top));
  CHECK(json.at("schema_version") == 1);
  CHECK(json.at("taken_at") == "1970-01-01T00:00:00.000Z");
  CHECK(json.at("rows").size() == top.rows.size());
  for (const auto& pool : json.at("pools")) {
    std::int64_t sum = pool.at("shown").at("used").get<std::int64_t>() +
                       pool.at("more").at("used").get<std::int64_t>();
    for (const auto& part : pool.at("unattributed")) sum += part.at("used").get<std::int64_t>();
    CHECK(sum == pool.at("pool_used_at_census"));
  }
}

TEST_CASE("JSON tells no limit from one that is not known", "[report]") {
  Top top = top_of(busy_host(), {.resources = {ResourceId::kOpenFiles}});
  auto pool = nlohmann::json::parse(report::top_json(top)).at("pools").at(0);
  CHECK(pool.at("pool_limit").is_null());
  CHECK(pool.at("unlimited") == true);
  top.pools.at(0).limit.reset();
  pool = nlohmann::json::parse(report::top_json(top)).at("pools").at(0);
  CHECK(pool.at("pool_limit").is_null());
  CHECK(pool.at("unlimited") == false);
}
