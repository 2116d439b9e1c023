#include "report/subtraction_text.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <string>

#include "base/text.hpp"
#include "report/format.hpp"
#include "report/subtraction_json.hpp"

namespace report = kcommons::report;
using kcommons::catalogue::ResourceId;
using kcommons::subtraction::Answer;
using kcommons::subtraction::Subtraction;
using kcommons::subtraction::Verdict;
using kcommons::text::split;

namespace {

Subtraction sample() {
  return {
      .kernel = "6.18.1",
      .namespaces = "user, net",
      .resources = {{.resource = ResourceId::kOpenFiles,
                     .answer = Answer::kReadOnly,
                     .evidence = "fs.file-max is seen inside",
                     .verdict = Verdict::kAgrees},
                    {.resource = ResourceId::kConntrackEntries,
                     .answer = Answer::kPrivate,
                     .evidence = "counted apart",
                     .verdict = Verdict::kDiffers}},
      .unknown = {{.name = "fs.new-max", .host = "1", .inside = "1", .answer = Answer::kReadOnly}},
      .known = {{.name = "fs.nr_open", .host = "2", .answer = Answer::kGone, .remark = "why"}},
      .isolated = {{.name = "user.max_x", .host = "3", .inside = "4", .answer = Answer::kPrivate}}};
}

Subtraction hostile() {
  const std::string text = "\x1b[2J|a\n<b>`*_\xFF" + std::string(300, 'x') + " " +
                           std::string(40, 'y') + "\t" + std::string(60, 'z');
  Subtraction all = sample();
  all.kernel = text;
  all.namespaces = text;
  all.resources[0].evidence = text;
  all.unknown[0] = {.name = text, .host = text, .inside = text, .answer = Answer::kWritable};
  all.known[0].remark = text;
  all.isolated[0].name = text;
  return all;
}

}  // namespace

TEST_CASE("table of the subtraction is exact", "[report]") {
  CHECK(report::subtraction_table(sample()) ==
        R"(All kernel limits, less what fresh namespaces isolate, on Linux 6.18.1.
Namespaces: user, net.

RESOURCE           ISOLATED BY        KERNEL SAYS  VERDICT
open_files         nothing            read-only    agrees
    fs.file-max is seen inside
conntrack_entries  network namespace  private      differs
    counted apart

Shared, and not in the catalogue:
  fs.new-max  read-only
    on the host 1

Shared, and known not to be fought over:
  fs.nr_open  gone
    why

1 more limits are isolated: each namespace has its own.
of 2 rows of the catalogue 1 agree with the kernel, 1 differ, 0 not asked.
)");
}

TEST_CASE("evidence is broken between words at eighty columns", "[report]") {
  Subtraction all = sample();
  for (int i = 0; i < 100; ++i) all.resources[0].evidence += " word" + std::to_string(i);
  const std::string table = report::subtraction_table(all);
  for (const std::string_view line : split(table, '\n')) {
    CAPTURE(line);
    CHECK(report::width(line) <= 80);
  }
  CHECK(table.find("word99") != std::string::npos);
}

TEST_CASE("hostile text stays printable in the table", "[report]") {
  for (const char byte : report::subtraction_table(hostile())) {
    CHECK((byte == '\n' || static_cast<unsigned char>(byte) >= 0x20));
  }
}

TEST_CASE("hostile text stays in its cell of markdown", "[report]") {
  const std::string markdown = report::subtraction_markdown(hostile());
  for (const std::string_view line : split(markdown, '\n')) {
    CAPTURE(line);
    CHECK(line.find('<') == std::string_view::npos);
    if (!line.starts_with("| ")) continue;
    std::size_t bars = 0;
    for (std::size_t i = 0; i < line.size(); ++i) {
      if (line[i] == '\\') {
        ++i;
      } else if (line[i] == '|') {
        ++bars;
      }
    }
    CHECK(bars == 6);
  }
}

TEST_CASE("JSON of the subtraction has every row and is valid whatever names are", "[report]") {
  const auto json = nlohmann::json::parse(report::subtraction_json(sample()));
  CHECK(json["schema_version"] == report::kSubtractSchemaVersion);
  CHECK(json["kernel"] == "6.18.1");
  REQUIRE(json["resources"].size() == 2);
  CHECK(json["resources"][0]["resource"] == "open_files");
  CHECK(json["resources"][0]["sysctl"] == "fs.file-max");
  CHECK(json["resources"][0]["catalogue"] == "nothing");
  CHECK(json["resources"][0]["kernel"] == "read-only");
  CHECK(json["resources"][1]["verdict"] == "differs");
  CHECK(json["not_in_catalogue"][0]["sysctl"] == "fs.new-max");
  CHECK(json["known"][0]["remark"] == "why");
  CHECK(json["isolated"][0]["inside"] == "4");
  CHECK(nlohmann::json::parse(report::subtraction_json(hostile()))["known"].size() == 1);
  CHECK(nlohmann::json::parse(report::subtraction_json({}))["resources"].empty());
}
