// A look at a host, written as a line and read again.

#include "report/recording.hpp"

#include <catch2/catch.hpp>
#include <chrono>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "report/top_json.hpp"
#include "top_sample.hpp"

using namespace kcommons;
using namespace kcommons::report;
using nlohmann::json;
using std::chrono::milliseconds;

namespace {

const WallTime kTime{std::chrono::milliseconds{1790000000123}};
constexpr std::uint64_t kLarge = 18446744073709551615U;

cgroup::Container some_container(std::string id) {
  return {.runtime = cgroup::Runtime::kCriO,
          .id = std::move(id),
          .name = "from the path",
          .pod_uid = "1-2",
          .qos = "burstable",
          .space = "k8s.io"};
}

// Of everything one, and nothing that has its default.
Record some_record() {
  Record record;
  record.pools.taken_at = kTime;
  record.pools.readings[0] = {.used = 7, .limit = catalogue::Limit{}};
  record.pools.readings[1] = {.used = std::nullopt, .limit = catalogue::Limit{kLarge}};
  record.pools.charges.push_back({.resource = catalogue::ResourceId::kKeys,
                                  .user_ns = kInitialUserNs,
                                  .uid = Uid(4294967295),
                                  .used = 3,
                                  .limit = catalogue::Limit{200}});
  record.pools.failures.by_kind = {0, 1, 0, 2, 0};
  record.pools.failures.first = "denied\x1b[0m";
  census::Census& census = record.census;
  census.taken_at = kTime + milliseconds(5);
  census.exact = true;
  census.cgroup_namespace_private = true;
  census.readings = record.pools.readings;
  census.charges = record.pools.charges;
  census.placements.push_back({.container = some_container("abc"),
                               .parent = some_container("outer"),
                               .role = cgroup::Role::kRuntime,
                               .unit = "",
                               .slice = "machine.slice",
                               .session_uid = 1000,
                               .path = "/a \xff\"b",
                               .deleted = true,
                               .outside_namespace = true});
  census.placements.push_back({.unit = "cron.service"});
  census.names.emplace(
      census::ContainerKey{.runtime = cgroup::Runtime::kCriO, .id = "abc", .space = "k8s.io"},
      std::make_shared<census::ContainerNames>(
          census::ContainerNames{.container = "web",
                                 .pod = "web-1",
                                 .pod_namespace = "shop",
                                 .pod_uid = "1-2",
                                 .image = "shop/web:1",
                                 .compose_project = "shop",
                                 .compose_service = "web",
                                 .sandbox = true,
                                 .labels = {{"team", "a\nb"}}}));
  census.user_names = std::make_shared<census::UserNames>(census::UserNames{{Uid(0), "root"}});
  const census::UserLimits limits{.processes = catalogue::Limit{1},
                                  .pending_signals = catalogue::Limit{2},
                                  .mqueue_bytes = catalogue::Limit{},
                                  .locked_memory_bytes = catalogue::Limit{4}};
  census.user_namespaces.push_back({.inode = kInitialUserNs});
  census.user_namespaces.push_back(
      {.inode = UserNsInode(77), .outer = 0, .owner = Uid(5), .user_limits = limits});
  census::ProcessRecord process{.pid = Pid(12),
                                .parent = Pid(1),
                                .start_time = 99,
                                .placement = 1,
                                .user_ns = 1,
                                .effective_uid = Uid(1000),
                                .real_uid = Uid(1001),
                                .net_ns = NetNsInode(88),
                                .alive = false,
                                .privileges = census::kSysAdmin | census::kIpcLock,
                                .threads = 4,
                                .user_limits = limits,
                                .descriptors = 9,
                                .by_type = census::DescriptorCounts{},
                                .descriptor_limit = catalogue::Limit{1024},
                                .table_descriptors = 8,
                                .files = 6};
  process.by_type->at(1) = 5;
  census.processes.push_back(process);
  census.processes.push_back({.pid = Pid(13)});
  census.notify_groups.push_back({.kind = census::NotifyGroup::Kind::kFanotify,
                                  .holders = {0, 1},
                                  .creator = 0,
                                  .user_ns = 1,
                                  .charged_uid = Uid(3),
                                  .watches = 44,
                                  .age = milliseconds(1500),
                                  .queue = census::Queue{.length = 1, .limit = 16384}});
  census.objects.push_back({.resource = catalogue::ResourceId::kPipePages,
                            .process = 1,
                            .amount = 16,
                            .charged_uid = Uid(2)});
  census.by_network.push_back(
      {.resource = catalogue::ResourceId::kNeighboursIpv4, .net_ns = NetNsInode(88), .amount = 3});
  census.unheld.push_back({.resource = catalogue::ResourceId::kOpenFiles,
                           .cause = census::kLoopDevices,
                           .amount = 2,
                           .charged_uid = Uid(1)});
  census.cpu_drops.push_back({.cpu = 3, .packets = kLarge});
  census.network_drops.push_back({.net_ns = NetNsInode(88), .packets = 21});
  census.mappings_age = milliseconds(60000);
  census.unseen = {1, 0, 2, 0, 0, 0, 3};
  census.failures.by_kind = {0, 0, 4, 0, 0};
  return record;
}

Record must_parse(const std::string& line) {
  auto record = parse_record(line);
  if (!record) FAIL(record.error().message());
  return std::move(*record);
}

// What is said against some_record() when a value in it is another one.
std::string refusal(const std::string& pointer, const json& value) {
  json document = json::parse(record_line(some_record()));
  document[json::json_pointer(pointer)] = value;
  const auto record = parse_record(document.dump());
  return record ? "taken" : record.error().message();
}

}  // namespace

TEST_CASE("a record reads as it was written", "[recording]") {
  const std::string line = record_line(some_record());
  CHECK(line.find('\n') == std::string::npos);
  const Record record = must_parse(line);
  CHECK(record_line(record) == line);

  const Record given = some_record();
  CHECK(record.pools.taken_at == kTime);
  CHECK(record.pools.readings[0].used == 7U);
  CHECK(record.pools.readings[0].limit == catalogue::Limit{});
  CHECK_FALSE(record.pools.readings[1].used);
  CHECK(record.pools.readings[1].limit == catalogue::Limit{kLarge});
  CHECK_FALSE(record.pools.readings[2].limit);
  REQUIRE(record.pools.charges.size() == 1);
  CHECK(record.pools.charges[0].resource == catalogue::ResourceId::kKeys);
  CHECK(record.pools.charges[0].uid == Uid(4294967295));
  CHECK(record.pools.failures.by_kind == given.pools.failures.by_kind);
  CHECK(record.pools.failures.first == "denied\x1b[0m");
  const census::Census& census = record.census;
  CHECK(census.exact);
  CHECK(census.cgroup_namespace_private);
  REQUIRE(census.placements.size() == 2);
  CHECK(census.placements[0].container == given.census.placements[0].container);
  CHECK(census.placements[0].parent == given.census.placements[0].parent);
  CHECK(census.placements[0].role == cgroup::Role::kRuntime);
  CHECK(census.placements[0].session_uid == 1000U);
  CHECK(census.placements[0].path == "/a \xEF\xBF\xBD\"b");
  CHECK(census.placements[0].deleted);
  CHECK(census.placements[0].outside_namespace);
  CHECK(census.placements[1].unit == "cron.service");
  REQUIRE(census.names.size() == 1);
  CHECK(census.names.begin()->first == given.census.names.begin()->first);
  CHECK(census.names.begin()->second->pod_namespace == "shop");
  CHECK(census.names.begin()->second->sandbox);
  CHECK(census.names.begin()->second->labels.at("team") == "a\nb");
  REQUIRE(census.user_names);
  CHECK(census.user_names->at(Uid(0)) == "root");
  REQUIRE(census.user_namespaces.size() == 2);
  CHECK(census.user_namespaces[0].outer == census::kNoIndex);
  CHECK(census.user_namespaces[1].outer == 0);
  CHECK(census.user_namespaces[1].user_limits.mqueue_bytes == catalogue::Limit{});
  REQUIRE(census.processes.size() == 2);
  CHECK(census.processes[0].by_type == given.census.processes[0].by_type);
  CHECK_FALSE(census.processes[0].alive);
  CHECK(census.processes[0].privileges == (census::kSysAdmin | census::kIpcLock));
  CHECK(census.processes[0].descriptors == 9U);
  CHECK(census.processes[0].files == 6);
  CHECK(census.processes[1].user_ns == census::kNoIndex);
  CHECK_FALSE(census.processes[1].descriptors);
  REQUIRE(census.notify_groups.size() == 1);
  CHECK(census.notify_groups[0].kind == census::NotifyGroup::Kind::kFanotify);
  CHECK(census.notify_groups[0].holders == std::vector<std::uint32_t>{0, 1});
  CHECK(census.notify_groups[0].age == milliseconds(1500));
  CHECK(census.notify_groups[0].queue->limit == 16384);
  CHECK(census.objects.at(0).process == 1);
  CHECK(census.by_network.at(0).amount == 3);
  CHECK(census.unheld.at(0).cause == census::kLoopDevices);
  CHECK(census.cpu_drops.at(0).packets == kLarge);
  CHECK(census.network_drops.at(0).packets == 21);
  CHECK(census.mappings_age == milliseconds(60000));
  CHECK(census.unseen == given.census.unseen);
  CHECK(census.failures.total() == 4);
}

TEST_CASE("what nobody knew stays unknown", "[recording]") {
  const Record record = must_parse(record_line(Record{}));
  CHECK_FALSE(record.census.user_names);
  CHECK_FALSE(record.census.mappings_age);
  CHECK_FALSE(record.census.readings[0].used);
  CHECK(record.census.processes.empty());
}

TEST_CASE("who holds what is the same of a recording", "[recording]") {
  const census::Census census = test::busy_host();
  const Record record = must_parse(record_line({.pools = {}, .census = census}));
  const auto top = [](const census::Census& of) { return top_json(test::top_of(of, {})); };
  CHECK(top(record.census) == top(census));
}

TEST_CASE("a line that is no record is refused with the place of the mistake", "[recording]") {
  CHECK(refusal("/kcommons_recording", 2) == "kcommons_recording: 2, expected 1");
  CHECK(refusal("/census/processes/0/pid", 2147483648U) ==
        "census.processes[0].pid: 2147483648, expected a smaller number");
  CHECK(refusal("/census/processes/1/placement", 2) ==
        "census.processes[1].placement: 2, expected a place in a list of 2");
  CHECK(refusal("/census/processes/0/user_ns", 2) ==
        "census.processes[0].user_ns: 2, expected a place in a list of 2");
  CHECK(refusal("/census/objects/0/process", 4294967295U) ==
        "census.objects[0].process: 4294967295, expected a place in a list of 2");
  CHECK(refusal("/census/notify_groups/0/holders", json::array()) ==
        "census.notify_groups[0].holders: a list of 0, expected one process or more, in the order "
        "of processes");
  CHECK(refusal("/census/notify_groups/0/holders/1/process", 0) ==
        "census.notify_groups[0].holders: a list of 2, expected one process or more, in the order "
        "of processes");
  CHECK(refusal("/census/notify_groups/0/creator", 2) ==
        "census.notify_groups[0].creator: 2, expected a place in a list of 2");
  CHECK(refusal("/census/user_namespaces/0/outer", 1) ==
        "census.user_namespaces: namespaces around each other, expected an outermost one");
  CHECK(refusal("/census/user_namespaces/0/outer", 0) ==
        "census.user_namespaces: namespaces around each other, expected an outermost one");
  CHECK(refusal("/census/user_namespaces/0/outer", 9) ==
        "census.user_namespaces: namespaces around each other, expected an outermost one");
  CHECK(refusal("/census/unheld/0/cause", "fate") ==
        "census.unheld[0].cause: \"fate\", expected one that this kcommons knows");
  CHECK(refusal("/census/unseen/0/name", "fate") ==
        "census.unseen[0].name: \"fate\", expected one that this kcommons knows");
  CHECK(refusal("/census/readings/0/resource", "time") ==
        "census.readings[0].resource: \"time\", expected a resource that this kcommons knows");
  CHECK(refusal("/census/placements/0/role", "guest").find("expected workload or runtime") !=
        std::string::npos);
  CHECK(refusal("/census/taken_at", "today").find("expected a time") != std::string::npos);
  CHECK(refusal("/census/notify_groups/0/age_ms", kLarge) ==
        "census.notify_groups[0].age_ms: 18446744073709551615, expected a smaller number");
  const auto labels = [](const char* one, const char* other) {
    return json::array({{{"name", one}, {"value", "x"}}, {{"name", other}, {"value", "y"}}});
  };
  CHECK(refusal("/census/names/0/labels", labels("a.b", "a_b")) ==
        "census.names[0].labels[1].name: \"a_b\", expected the name of a label, each once");
  CHECK(refusal("/census/names/0/labels", labels("", "b")).find("labels[0].name: \"\"") !=
        std::string::npos);
  CHECK(refusal("/pools/charges", nullptr).find("pools.charges") != std::string::npos);
  CHECK_FALSE(parse_record(""));
  CHECK_FALSE(parse_record("{}"));
  CHECK_FALSE(parse_record(std::string(100000, '[')));
  CHECK_FALSE(parse_record("{\"kcommons_recording\":1,\"pools\":{},\"census\":{}}"));
}
