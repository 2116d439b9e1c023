#include "incidents/incident.hpp"

#include <catch2/catch.hpp>
#include <memory>
#include <string>

#include "catalogue/catalogue.hpp"
#include "incidents/ring_text.hpp"
#include "report/incident_json.hpp"
#include "report/incident_parse.hpp"
#include "report/incident_text.hpp"
#include "report/json.hpp"

using namespace kcommons;
using namespace kcommons::report;
using namespace std::chrono_literals;
using incidents::CensusView;
using incidents::EndedBy;
using incidents::Incident;
using incidents::IncidentHolder;
using incidents::State;

namespace {

const WallTime kBegan{std::chrono::seconds(1'700'000'000)};

IncidentHolder container(const std::string& name, std::uint64_t used) {
  return {.name = "shop/web/" + name,
          .is_container = true,
          .container_id = std::string(64, 'c'),
          .runtime = "containerd-cri",
          .container = name,
          .pod = "web",
          .pod_namespace = "shop",
          .used = used,
          .share = static_cast<double>(used) / 120};
}

Incident ended() {
  CensusView census{.taken_at = kBegan + 500ms,
                    .exact = true,
                    .used = 120,
                    .holders = {container("app", 90), container("log", 20)},
                    .more_holders = 3,
                    .more_used = 10,
                    .container_neighbours = 2,
                    .host_neighbours = 2,
                    .neighbours = {"shop/web/app", "shop/web/log", "kubelet.service"}};
  census.holders[1].by_runtime = true;
  census.holders.push_back({.name = "sshd.service", .unit = "sshd.service", .used = 1});
  return {.id = 7,
          .state = State::kEnded,
          .resource = catalogue::ResourceId::kInotifyInstances,
          .userns = "initial",
          .uid = "0",
          .began_at = kBegan,
          .full_at = kBegan + 12s,
          .ended_at = kBegan + 150s,
          .ended_by = EndedBy::kUse,
          .lasted = 150s,
          .crossings = 2,
          .interruptions = 1,
          .used = 90,
          .peak = 128,
          .limit = 128,
          .growth = attribution::Growth{.per_second = 0.5, .over = 3600s},
          .full_in = 16s,
          .census = std::make_shared<const CensusView>(std::move(census)),
          .boot_id = "94fc3829-d3ad-4734-a80d-06631cc3761a"};
}

Incident open_without_census() {
  return {.id = 8,
          .resource = catalogue::ResourceId::kOpenFiles,
          .began_at = kBegan,
          .used = 95,
          .peak = 95,
          .limit = 100};
}

incidents::Incidents list(std::initializer_list<Incident> all) {
  incidents::Incidents out;
  for (const Incident& incident : all) out.push_back(std::make_shared<const Incident>(incident));
  return out;
}

// What is wrong with the line once this piece is another.
std::string mistake(const std::string& piece, const std::string& instead) {
  std::string line = incident_line(ended(), incidents::kMostRecordBytes);
  const std::size_t at = line.find(piece);
  REQUIRE(at != std::string::npos);
  line.replace(at, piece.size(), instead);
  const auto incident = parse_incident_line(line);
  return incident ? "none" : incident.error().message();
}

}  // namespace

TEST_CASE("incidents survive being written and read", "[report]") {
  const std::string json = incidents_json(list({open_without_census(), ended()}), kBegan);
  const auto back = parse_incidents_json(json);
  REQUIRE(back);
  REQUIRE(back->size() == 2);
  CHECK(incidents_json(*back, kBegan) == json);
  const std::string line = incident_line(ended(), incidents::kMostRecordBytes);
  CHECK(line.find('\n') == std::string::npos);
  const auto one = parse_incident_line(line);
  REQUIRE(one);
  CHECK(incident_line(*one, incidents::kMostRecordBytes) == line);
  CHECK(one->census->holders[1].by_runtime);
  CHECK(one->growth->per_second == 0.5);
}

TEST_CASE("the facts of an incident have the names that those of an audit have", "[report]") {
  const Json json = Json::parse(incident_line(ended(), incidents::kMostRecordBytes));
  CHECK(json["resource"] == "inotify_instances");
  CHECK(json["error"] == "EMFILE");
  CHECK(json["scope"] == "user");
  CHECK(json["began_at"] == "2023-11-14T22:13:20.000Z");
  CHECK(json["duration_seconds"] == 150);
  CHECK(json["census"]["holders"][0]["share"] == 0.75);
  CHECK(json["census"]["holders"][2]["kind"] == "host");
  CHECK(json["census"]["holders"][2]["unit"] == "sshd.service");
  CHECK(json["census"]["more"]["holders"] == 3);
  CHECK(json["census"]["neighbours"]["names"].size() == 3);
}

TEST_CASE("a line that is too long loses names and then the least holders", "[report]") {
  Incident incident = ended();
  CensusView census = *incident.census;
  census.neighbours.assign(32, std::string(256, 'n'));
  census.holders.assign(10, container(std::string(200, 'h'), 12));
  incident.census = std::make_shared<const CensusView>(census);
  const std::string line = incident_line(incident, incidents::kMostRecordBytes);
  CHECK(line.size() <= incidents::kMostRecordBytes);
  const auto back = parse_incident_line(line);
  REQUIRE(back);
  const std::size_t kept = back->census->holders.size();
  CHECK(kept >= 2);
  CHECK(kept < 10);
  CHECK(back->census->more_holders == 3 + (10 - kept));
  CHECK(back->census->more_used == 10 + 12 * (10 - kept));
  CHECK(back->census->container_neighbours == 2);
  CHECK(incident.census->holders.size() == 10);
}

TEST_CASE("a line without holders has room in a slot whatever the resource", "[report]") {
  Incident incident = ended();
  CensusView census = *incident.census;
  // What a container may call itself: each byte takes six in JSON at most.
  census.neighbours.assign(32, std::string(256, '\x01'));
  census.holders.assign(10, container(std::string(256, '"'), 12));
  incident.census = std::make_shared<const CensusView>(census);
  for (const catalogue::Resource& resource : catalogue::kResources) {
    incident.resource = resource.id;
    CAPTURE(resource.name);
    CHECK(incident_line(incident, 2000).size() <= 2000);
  }
}

TEST_CASE("an incident that makes no sense is refused", "[report]") {
  CHECK(mistake(R"("id":7)", R"("id":-7)") ==
        "id: -7, expected a whole number that is not negative");
  CHECK(mistake(R"("state":"ended")", R"("state":"over")") ==
        "state: \"over\", expected one of open, ended, interrupted");
  CHECK(mistake(R"("state":"ended")", R"("state":"open")") ==
        "ended_at: another end than its state, expected it and ended_by of what has ended");
  CHECK(mistake(R"("ended_by":"use")", R"("ended_by":"u\u001b")") ==
        "ended_by: \"u\\x1b\", expected one of use, limit, gone");
  CHECK(mistake("inotify_instances\"", "files\"") ==
        "resource: \"files\", expected a resource that this kcommons knows");
  CHECK(mistake("2023-11-14T22:13:20.000Z", "yesterday") ==
        "began_at: \"yesterday\", expected a time such as 2026-01-31T23:59:59.000Z");
  CHECK(mistake(R"("growth_over_seconds":3600)", R"("growth_over_seconds":null)") ==
        "growth_per_second: known only in part, expected it together with growth_over_seconds, "
        "and full_in_seconds not without them");
  CHECK(mistake(R"("duration_seconds":150)", R"("duration_seconds":99999999999)") ==
        "duration_seconds: 99999999999, expected at most a century");
  CHECK(mistake(R"("kind":"host")", R"("kind":"")") ==
        "census.holders[2].kind: \"\", expected one of container, host");
  CHECK(mistake(R"("share":0.75)", R"("share":-1)") ==
        "census.holders[0].share: -1, expected no negative number");
  CHECK(mistake(R"("boot_id")", R"("boot")") == "boot_id: missing, expected text");
  CHECK_THAT(mistake("{", "["), Catch::StartsWith("no JSON: "));
  CHECK(parse_incidents_json("{}").error().message() ==
        "schema_version: missing, expected a whole number that is not negative");
}

TEST_CASE("people read the newest incidents in full", "[report]") {
  const std::string text = incidents_text(list({open_without_census(), ended()}), 2, {});
  CHECK(text ==
        R"(BEGAN (UTC)          STATE  LASTED  RESOURCE           SCOPE  PEAK  LIMIT  TOP HOLDER
2023-11-14 22:13:20  open   0 s     open_files         host     95    100  -
2023-11-14 22:13:20  ended  2 min   inotify_instances  uid 0   128    128  shop/web/app (90, 75.0%)

open_files of host: 95 of 100 used at most (95.0%)
  began 2023-11-14 22:13:20, and is not over
  Holders  not known, there was no census
  Error    ENFILE: open, socket, pipe, accept and all else that makes a file
           fail with "Too many open files in system"

inotify_instances of uid 0: 128 of 128 used at most (100.0%)
  began 2023-11-14 22:13:20, was full 2023-11-14 22:13:32, came back once, ended
    2023-11-14 22:15:50
  Full in about 16 s at the rate of the last hour (30 a minute) when it began
  Holders  shop/web/app (90, 75.0%), shop/web/log (20, 16.7%), sshd.service (1)
           and 3 more
  Victims  shop/web/app, shop/web/log, kubelet.service and 1 more
  Seen     at the census of 2023-11-14 22:13:20
  Error    EMFILE: inotify_init fails with "Too many open files": tail -f,
           kubelet, systemd and file watchers do not start
)");
}

TEST_CASE("nobody is told of below the table who is not asked for", "[report]") {
  const std::string text = incidents_text(list({ended()}), 0, {});
  CHECK(text.find("Victims") == std::string::npos);
}

TEST_CASE("hostile names stay on their line in a table", "[report]") {
  Incident incident = ended();
  CensusView census = *incident.census;
  census.holders[0].name = "\x1b[31m\n";
  census.neighbours[0] = "\xff\n";
  incident.census = std::make_shared<const CensusView>(census);
  const auto back = parse_incident_line(incident_line(incident, incidents::kMostRecordBytes));
  REQUIRE(back);
  const std::string text = incidents_text(list({*back}), 1, {});
  CHECK(text.find('\x1b') == std::string::npos);
  CHECK_THAT(text, Catch::Contains("\\x1b[31m\\x0a (90, 75.0%)"));
}
