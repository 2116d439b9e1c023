#include "daemon/incident_book.hpp"

#include <spdlog/logger.h>
#include <spdlog/sinks/ostream_sink.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <memory>
#include <optional>
#include <sstream>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "fake_clock.hpp"

using namespace kcommons;
using namespace kcommons::daemon;
using namespace std::chrono_literals;
using incidents::State;

namespace {

class Folder final {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "kcommons-book.XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() { std::filesystem::remove_all(path_); }
  [[nodiscard]] std::string ring() const { return path_ / "ring"; }

 private:
  std::filesystem::path path_;
};

// A daemon's book, from its start until it is killed.
struct Life {
  std::ostringstream text;
  test::FakeClock& clock;
  Log log{std::make_shared<spdlog::logger>(
              "test", std::make_shared<spdlog::sinks::ostream_sink_mt>(text, true)),
          LogLevel::kInfo, LogFormat::kLogfmt, clock};
  exposition::SelfMetrics self;
  attribution::PoolHistory history{1h, 100};
  std::unique_ptr<IncidentBook> book;

  explicit Life(test::FakeClock& at, const std::string& path = "", std::size_t keep = 16)
      : clock(at) {
    config::Config config;
    config.incidents.file = path;
    config.incidents.keep = keep;
    book = std::make_unique<IncidentBook>(
        IncidentBook::Options{
            .tracker = {.clear_after = 0s, .most_open = keep / 2, .boot_id = "boot"}, .keep = keep},
        open_incident_file(config, log), self, log, clock);
  }
  // A second later.
  void look(std::uint64_t files, const std::string& user_with_all = "") {
    clock.advance(1s);
    std::vector<attribution::CurrentPool> pools{{.resource = catalogue::ResourceId::kOpenFiles,
                                                 .used = files,
                                                 .limit = catalogue::Limit{100}}};
    if (!user_with_all.empty()) {
      pools.push_back({.resource = catalogue::ResourceId::kKeys,
                       .uid = user_with_all,
                       .used = 200,
                       .limit = catalogue::Limit{200}});
    }
    const attribution::Snapshot snapshot;
    book->on_pools(pools, &snapshot, history);
  }
  void census(const std::string& container, std::uint64_t files) {
    attribution::Snapshot snapshot;
    snapshot.taken_at = clock.wall();
    attribution::Holder holder{.kind = attribution::Holder::Kind::kContainer};
    holder.container = container;
    snapshot.holders.push_back(holder);
    snapshot.pools.push_back({.resource = catalogue::ResourceId::kOpenFiles,
                              .used_at_census = files,
                              .limit = catalogue::Limit{100},
                              .holdings = {{.holder = 0, .used = files}}});
    book->on_census(snapshot);
  }
  [[nodiscard]] std::size_t lines() const {
    const std::string all = text.str();
    return static_cast<std::size_t>(std::count(all.begin(), all.end(), '\n'));
  }
  [[nodiscard]] bool counts(const std::string& line) const {
    return ("\n" + self.render()).find("\n" + line + "\n") != std::string::npos;
  }
};

}  // namespace

TEST_CASE("an incident is said once when it begins and once when it ends", "[daemon]") {
  test::FakeClock clock;
  Life life(clock);
  life.census("web\n", 20);
  life.look(50);
  CHECK(life.lines() == 0);
  life.look(95);
  CHECK_THAT(life.text.str(),
             Catch::Contains("level=warn msg=\"incident begins, a pool is nearly full\" id=1 "
                             "resource=open_files userns=\"\" uid=\"\" used=95 limit=100 "
                             "use=95.0% "));
  CHECK_THAT(life.text.str(), Catch::Contains("error=ENFILE"));
  for (int i = 0; i < 100; ++i) life.look(96);
  CHECK(life.lines() == 1);
  CHECK(life.counts(R"(kcommons_incidents_total{resource="open_files"} 1)"));
  CHECK(life.counts("kcommons_incidents_open 1"));
  life.census("web\n", 90);
  CHECK(life.lines() == 2);
  CHECK_THAT(life.text.str(), Catch::Contains("holders=\"web\\\\x0a (90, 100.0%)\""));
  life.look(10);
  CHECK(life.lines() == 3);
  CHECK_THAT(life.text.str(), Catch::Contains("msg=\"incident ended\" id=1 ") &&
                                  Catch::Contains(" peak=96 seconds=101 ended_by=use crossings=1"));
  CHECK(life.counts("kcommons_incidents_open 0"));
}

TEST_CASE("the list has what is open as it stands now and the newest first", "[daemon]") {
  test::FakeClock clock;
  Life life(clock);
  CHECK(life.book->list().empty());
  life.look(95);
  life.look(97, "7");
  REQUIRE(life.book->list().size() == 2);
  CHECK(life.book->list()[0]->resource == catalogue::ResourceId::kKeys);
  CHECK(life.book->list()[1]->peak == 97);
  CHECK(life.book->list()[1]->lasted == 1s);
}

TEST_CASE("of more incidents than are kept the oldest that are over go", "[daemon]") {
  test::FakeClock clock;
  Life life(clock);
  for (int i = 0; i < 40; ++i) life.look(i % 2 == 0 ? 95 : 5, "7");
  const auto list = life.book->list();
  REQUIRE(list.size() == 16);
  CHECK(list.front()->id == 21);
  CHECK(list.back()->id == 2);  // of user 7, which is open
  CHECK(list[14]->id == 7);
}

TEST_CASE("after a start the incidents of before are there", "[daemon]") {
  const Folder folder;
  test::FakeClock clock;
  {
    Life life(clock, folder.ring());
    life.look(95);
    life.census("web", 95);
    life.look(5);
    life.look(99);
  }
  clock.advance(1h);
  Life life(clock, folder.ring());
  CHECK_THAT(life.text.str(), Catch::Contains("incidents are kept in a file"));
  REQUIRE(life.book->list().size() == 2);
  CHECK(life.book->list()[0]->id == 2);
  CHECK(life.book->list()[1]->state == State::kEnded);
  CHECK(life.book->list()[1]->census->holders.at(0).name == "web");
  SECTION("one that is not over is no new one") {
    life.look(99);
    CHECK(life.book->list()[0]->state == State::kOpen);
    CHECK(life.book->list()[0]->interruptions == 1);
    CHECK(life.counts(R"(kcommons_incidents_total{resource="open_files"} 0)"));
    CHECK(life.counts("kcommons_incidents_open 1"));
    CHECK_THAT(life.text.str(), Catch::Contains("it was open when kcommons stopped"));
    CHECK_THAT(life.text.str(), !Catch::Contains("incident begins"));
  }
  SECTION("one that is over was interrupted, and that is kept") {
    life.look(5);
    CHECK(life.book->list()[0]->state == State::kInterrupted);
    life.look(95);
    CHECK(life.book->list()[0]->id == 3);
    life.book.reset();
    Life third(clock, folder.ring());
    REQUIRE(third.book->list().size() == 3);
    CHECK(third.book->list()[0]->state == State::kOpen);
    CHECK(third.book->list()[1]->state == State::kInterrupted);
  }
}

TEST_CASE("a daemon that is restarted again and again tells one incident", "[daemon]") {
  const Folder folder;
  test::FakeClock clock;
  for (int i = 0; i < 50; ++i) {
    Life life(clock, folder.ring());
    life.look(95);
  }
  Life last(clock, folder.ring());
  REQUIRE(last.book->list().size() == 1);
  CHECK(last.book->list()[0]->interruptions == 49);
}

TEST_CASE("whatever slot is damaged the others are there", "[daemon]") {
  const Folder folder;
  test::FakeClock clock;
  {
    Life life(clock, folder.ring());
    for (int i = 0; i < 10; ++i) life.look(i % 2 == 0 ? 95 : 5);
  }
  std::fstream ring(folder.ring(), std::ios::in | std::ios::out | std::ios::binary);
  ring.seekp(4096 + 100);
  ring << "\xff\xff";
  ring.close();
  Life life(clock, folder.ring());
  CHECK_THAT(life.text.str(), Catch::Contains("could not be read, they are left out") &&
                                  Catch::Contains("damaged=1"));
  CHECK(life.book->list().size() >= 4);
}

TEST_CASE("a record of another version is left out and told", "[daemon]") {
  const Folder folder;
  test::FakeClock clock;
  {
    auto ring = incidents::RingFile::open(folder.ring(), 16);
    REQUIRE(ring);
    REQUIRE(ring->write(0, 100, R"({"id":1,"news":true})"));
  }
  Life life(clock, folder.ring());
  CHECK_THAT(life.text.str(), Catch::Contains("not of this version"));
  life.look(95);
  life.book.reset();
  Life second(clock, folder.ring());
  CHECK(second.book->list().size() == 1);
}

TEST_CASE("without its file a daemon goes on and says so", "[daemon]") {
  test::FakeClock clock;
  const Folder folder;
  Life first(clock, folder.ring());
  Life second(clock, folder.ring());
  CHECK_THAT(second.text.str(), Catch::Contains("incidents are kept in memory alone") &&
                                    Catch::Contains("another kcommons writes it"));
  second.look(95);
  CHECK(second.book->list().size() == 1);
  first.look(95);
  first.book.reset();
  Life third(clock, folder.ring());
  CHECK(third.book->list().size() == 1);
}

TEST_CASE("the list may be asked for while the book is written", "[daemon]") {
  test::FakeClock clock;
  Life life(clock);
  bool ordered = true;
  {
    const std::jthread reader([&](const std::stop_token& stop) {
      do {
        ordered = ordered && std::ranges::is_sorted(life.book->list(), std::greater(),
                                                    [](const auto& one) { return one->id; });
      } while (!stop.stop_requested());
    });
    for (int i = 0; i < 200; ++i) life.look(i % 10 < 5 ? 95 : 5, "7");
  }
  CHECK(ordered);
  CHECK(life.book->list().size() == 16);
}

TEST_CASE("more pools than may have an incident are told as that", "[daemon]") {
  test::FakeClock clock;
  Life life(clock);
  std::vector<attribution::CurrentPool> pools;
  for (int uid = 0; uid < 20; ++uid) {
    pools.push_back({.resource = catalogue::ResourceId::kKeys,
                     .uid = std::to_string(uid),
                     .used = 200,
                     .limit = catalogue::Limit{200}});
  }
  life.book->on_pools(pools, nullptr, life.history);
  CHECK(life.book->list().size() == 8);
  CHECK_THAT(life.text.str(), Catch::Contains("more pools are nearly full than incidents"));
}

TEST_CASE("the file is where it is configured or where systemd gives a folder", "[daemon]") {
  config::Config config;
  ::unsetenv("STATE_DIRECTORY");
  CHECK(incident_file_of(config).empty());
  ::setenv("STATE_DIRECTORY", "/var/lib/kcommons:/var/lib/other", 1);
  CHECK(incident_file_of(config) == "/var/lib/kcommons/incidents.jsonl");
  config.incidents.file = "/srv/ring";
  CHECK(incident_file_of(config) == "/srv/ring");
  ::unsetenv("STATE_DIRECTORY");
}
