#include "subtraction/testimony.hpp"

#include <catch2/catch.hpp>
#include <cerrno>
#include <string>

namespace subtraction = kcommons::subtraction;
using kcommons::catalogue::ResourceId;
using subtraction::Testimony;

TEST_CASE("what is said arrives", "[subtraction]") {
  Testimony said;
  said.sysctls = {
      {.name = "kernel.sem", .value = "1 2 3 4", .write_error = 0, .changed_to = "1 2 3 5"},
      {.name = "fs.file-max", .value = "9", .write_error = EACCES}};
  said.nested = {{.resource = ResourceId::kKeys, .outer_limit = 1, .inner_limit = 2, .reached = 3}};
  said.filled = {{.resource = ResourceId::kPtys, .before = "some", .after = ""}};
  said.looks = {{.resource = ResourceId::kOpenFiles, .inside = 256}};
  said.not_asked = {{.resource = ResourceId::kPids, .reason = "no reason"}};
  said.namespaces = "user, net";
  said.host_pid = 4711;
  said.is_complete = true;

  Testimony heard;
  const auto hear = [&](const std::string& line) {
    CAPTURE(line);
    CHECK(subtraction::add_line(heard, line));
  };
  for (const auto& one : said.sysctls) hear(line_of(one));
  for (const auto& one : said.nested) hear(line_of(one));
  for (const auto& one : said.filled) hear(line_of(one));
  for (const auto& one : said.looks) hear(line_of(one));
  for (const auto& one : said.not_asked) hear(line_of(one));
  hear(subtraction::namespaces_line(said.namespaces, said.host_pid));
  hear(std::string(subtraction::kChangedLine));
  hear(std::string(subtraction::kDoneLine));
  CHECK(heard == said);
}

TEST_CASE("tabs and newlines in what is said stay within their field", "[subtraction]") {
  Testimony heard;
  CHECK(subtraction::add_line(
      heard, line_of(subtraction::NotAsked{.resource = ResourceId::kPids, .reason = "a\tb\nc"})));
  REQUIRE(heard.not_asked.size() == 1);
  CHECK(heard.not_asked[0].reason == "a b c");
}

TEST_CASE("lines that nobody says are errors", "[subtraction]") {
  const std::string line = GENERATE(
      as<std::string>(), "", "sysctl", "sysctl\ta\t1\tx\t", "sysctl\ta\t1\t0", "look\tkeys",
      "look\tkeys\t-1", "look\tno_such_thing\t1", "nested\tkeys\t1\t2\t3", "done\tmore", "nonsense",
      "sysctl\ta\t1\t0\t\tmore", "namespaces\tuser\t18446744073709551616");
  CAPTURE(line);
  Testimony heard;
  const auto added = subtraction::add_line(heard, line);
  REQUIRE_FALSE(added);
  CHECK(added.error().kind() == kcommons::ErrorKind::kMalformed);
}
