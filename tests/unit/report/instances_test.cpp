#include "report/instances.hpp"

#include <catch2/catch.hpp>

#include "top_sample.hpp"

using namespace kcommons;
using namespace kcommons::report;

TEST_CASE("a census tells the instances of a process and those it has not counted", "[report]") {
  census::Census census;
  census.processes.push_back({.pid = Pid(7)});
  census.processes.push_back({.pid = Pid(8)});
  using Kind = census::NotifyGroup::Kind;
  census.notify_groups = {{.kind = Kind::kInotify, .holders = {0}, .watches = 3},
                          {.kind = Kind::kInotify, .holders = {0, 1}, .watches = 500},
                          {.kind = Kind::kInotify, .holders = {0}},
                          {.kind = Kind::kFanotify, .holders = {0}, .watches = 9}};
  const auto first = instances_of(census, Pid(7));
  REQUIRE(first);
  REQUIRE(first->instances.size() == 2);
  CHECK(first->instances[0].watches == 500);
  CHECK(first->instances[0].fd == -1);
  CHECK(first->limits.size() == 1);
  CHECK(instances_of(census, Pid(8))->instances.size() == 1);
  CHECK_FALSE(instances_of(census, Pid(9)));
}

TEST_CASE("instances are read as they were written", "[report]") {
  Instances instances{.pid = Pid(7), .command = "", .instances = {{.watches = 3}}};
  instances.limits = {"one is missing"};
  const auto read = parse_instances_json(instances_json(instances));
  REQUIRE(read);
  CHECK(read->pid == Pid(7));
  REQUIRE(read->instances.size() == 1);
  CHECK(read->instances[0].watches == 3);
  CHECK(read->instances[0].fd == -1);
  CHECK(read->limits == instances.limits);
}

TEST_CASE("what is no list of instances is refused", "[report]") {
  for (const char* text :
       {"", "[]", "{}", R"({"pid":-1,"command":null,"instances":[],"limits":[]})",
        R"({"pid":1,"command":null,"instances":[{}],"limits":[]})",
        R"({"pid":99999999999,"command":null,"instances":[],"limits":[]})"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_instances_json(text));
  }
}
