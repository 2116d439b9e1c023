#include "identity/namer.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <thread>

#include "fake_clock.hpp"
#include "tree.hpp"

using namespace kcommons;
using namespace kcommons::identity;
using namespace std::chrono_literals;
using census::Census;
using cgroup::Runtime;

namespace {

// Longer than any answer takes, so that a test waits for it and for nothing else.
constexpr auto kPatience = 30s;

std::string id_of(int number) {
  std::string digits = std::to_string(number);
  return std::string(64 - digits.size(), 'a') + digits;
}

void describe(const test::Tree& tree, int number, const std::string& name = "/web-") {
  tree.file(
      "var/lib/docker/containers/" + id_of(number) + "/config.v2.json",
      R"({"ID": ")" + id_of(number) + R"(", "Name": ")" + name + std::to_string(number) + R"("})");
}

Census census_of(int containers, int first_pid = 1000) {
  Census census;
  census.user_namespaces.push_back({.inode = kInitialUserNs});
  for (int i = 0; i < containers; ++i) {
    cgroup::Placement placement;
    placement.path = "/docker/" + id_of(i);
    placement.container = cgroup::Container{.runtime = Runtime::kDocker, .id = id_of(i)};
    census.placements.push_back(std::move(placement));
    census::ProcessRecord record;
    record.pid = Pid(first_pid + i);
    record.start_time = static_cast<std::uint64_t>(first_pid + i);
    record.placement = static_cast<std::uint32_t>(i);
    record.user_ns = 0;
    census.processes.push_back(record);
  }
  return census;
}

struct Rig {
  explicit Rig(std::chrono::milliseconds patience)
      : namer({.lookup = {.rootfs = tree.root(),
                          .procfs = "/nothing",
                          .roots = test::usual_roots(),
                          .off = {},
                          .labels = {}},
               .patience = patience},
              clock) {}
  test::Tree tree;
  test::FakeClock clock;
  Namer namer;

  std::string name_after(Census census, int number = 0) {
    namer.apply(census);
    const auto at = census.names.find({Runtime::kDocker, id_of(number)});
    return at == census.names.end() ? "" : at->second->container;
  }

  // The namer's thread reads passwd as it starts, which may be before a test has written it, and
  // again after a while.
  void learn_users(Census& census, std::size_t count) {
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    do {
      clock.advance(2min);
      namer.apply(census);
      std::this_thread::sleep_for(1ms);
    } while (census.user_names->size() < count && std::chrono::steady_clock::now() < deadline);
  }
};

}  // namespace

TEST_CASE("a container is named in the census that sees it first", "[identity]") {
  Rig rig(kPatience);
  describe(rig.tree, 0);
  CHECK(rig.name_after(census_of(1)) == "web-0");
}

TEST_CASE("what was found is kept while the container lives, and forgotten after", "[identity]") {
  Rig rig(kPatience);
  describe(rig.tree, 0);
  CHECK(rig.name_after(census_of(1)) == "web-0");
  rig.tree.remove("var/lib/docker");
  CHECK(rig.name_after(census_of(1)) == "web-0");
  CHECK(rig.name_after(Census{}).empty());
  CHECK(rig.name_after(census_of(1)).empty());
}

TEST_CASE("a container that starts anew in the same cgroup is asked about anew", "[identity]") {
  Rig rig(kPatience);
  describe(rig.tree, 0);
  CHECK(rig.name_after(census_of(1)) == "web-0");
  rig.tree.remove("var/lib/docker");
  CHECK(rig.name_after(census_of(1, 2000)).empty());
}

TEST_CASE("a container seen before its files is named once they are there", "[identity]") {
  Rig rig(kPatience);
  CHECK(rig.name_after(census_of(1)).empty());
  describe(rig.tree, 0);
  CHECK(rig.name_after(census_of(1)) == "web-0");
}

TEST_CASE("one that nobody ever names is asked about less and less", "[identity]") {
  Rig rig(kPatience);
  for (int i = 0; i < 10; ++i) CHECK(rig.name_after(census_of(1)).empty());
  describe(rig.tree, 0);
  CHECK(rig.name_after(census_of(1)).empty());
  rig.clock.advance(2min);
  CHECK(rig.name_after(census_of(1)) == "web-0");
}

TEST_CASE("a name is kept while only what is around its process changes", "[identity]") {
  Rig rig(0ms);
  describe(rig.tree, 0);
  Census census = census_of(1);
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (rig.name_after(census).empty() && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(1ms);
  }
  // Its shim has ended: another question, about the same process.
  census::ProcessRecord shim;
  shim.pid = Pid(500);
  shim.start_time = 500;
  shim.placement = 1;
  shim.user_ns = 0;
  census.placements.emplace_back();
  census.processes.insert(census.processes.begin(), shim);
  census.processes.back().parent = Pid(500);
  CHECK(rig.name_after(census) == "web-0");
}

TEST_CASE("two placements of one cgroup are asked about once", "[identity]") {
  Rig rig(kPatience);
  describe(rig.tree, 0);
  // A process that other hierarchies have elsewhere.
  Census census = census_of(1);
  census.placements.push_back(census.placements[0]);
  census.processes.push_back(census.processes[0]);
  census.processes.back().pid = Pid(2000);
  census.processes.back().start_time = 2000;
  census.processes.back().placement = 1;
  CHECK(rig.name_after(census) == "web-0");
  // So nothing is asked again of what has a name, and an answer is none of another question.
  rig.tree.remove("var/lib/docker");
  CHECK(rig.name_after(census) == "web-0");
}

TEST_CASE("users have the names of passwd, which is read again for strangers", "[identity]") {
  Rig rig(kPatience);
  rig.tree.file("etc/passwd", "app:x:0:0::/:/bin/sh\n");
  Census census = census_of(1);
  rig.learn_users(census, 1);
  CHECK(*census.user_names == census::UserNames{{Uid(0), "app"}});
  rig.tree.file("etc/passwd", "app:x:0:0::/:/bin/sh\nnew:x:5:5::/:/bin/sh\n");
  census.processes[0].effective_uid = Uid(5);
  rig.learn_users(census, 2);
  CHECK(census.user_names->at(Uid(5)) == "new");
}

TEST_CASE("users keep their names while passwd cannot be read", "[identity]") {
  Rig rig(kPatience);
  rig.tree.file("etc/passwd", "app:x:0:0::/:/bin/sh\n");
  Census census = census_of(1);
  rig.learn_users(census, 1);
  rig.tree.remove("etc/passwd");
  rig.tree.file("etc/passwd/no-file", "");
  Census next = census_of(1, 2000);  // asks, and so looks again
  rig.namer.apply(next);
  REQUIRE(next.user_names);
  CHECK(*next.user_names == census::UserNames{{Uid(0), "app"}});
}

TEST_CASE("what it cannot read is counted", "[identity]") {
  Rig rig(kPatience);
  rig.tree.file("var/lib/docker/containers/" + id_of(0) + "/config.v2.json", "{");
  CHECK(rig.name_after(census_of(1)).empty());
  CHECK(rig.namer.failures().of(Source::kDocker) == 1);
  CHECK(rig.namer.failures().of(Source::kPodman) == 0);
}

TEST_CASE("a thousand new containers hold no census up and are named at the next", "[identity]") {
  constexpr int kMany = 1000;
  Rig rig(0ms);
  for (int i = 0; i < kMany; ++i) describe(rig.tree, i);
  Census census = census_of(kMany);
  rig.namer.apply(census);
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  std::size_t named = 0;
  while (named < kMany && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(10ms);
    Census next = census_of(kMany);
    rig.namer.apply(next);
    named = next.names.size();
  }
  CHECK(named == kMany);
  CHECK(rig.name_after(census_of(kMany), 999) == "web-999");
}

TEST_CASE("with other options all is asked anew", "[identity]") {
  Rig rig(kPatience);
  describe(rig.tree, 0);
  CHECK(rig.name_after(census_of(1)) == "web-0");
  rig.tree.file("var/lib/docker/containers/" + id_of(0) + "/config.v2.json",
                R"({"ID": ")" + id_of(0) + R"(", "Name": "/web-new", )" +
                    R"("Config": {"Labels": {"team": "pay"}}})");
  rig.namer.configure({.lookup = {.rootfs = rig.tree.root(),
                                  .procfs = "/nothing",
                                  .roots = test::usual_roots(),
                                  .off = {},
                                  .labels = {"team"}},
                       .patience = kPatience});
  Census census = census_of(1);
  rig.namer.apply(census);
  const auto& names = census.names.at({Runtime::kDocker, id_of(0)});
  CHECK(names->container == "web-new");
  CHECK(names->labels.at("team") == "pay");
  CHECK(rig.namer.labels() == std::vector<std::string>{"team"});
}

TEST_CASE("until all is asked anew the old answers hold", "[identity]") {
  constexpr int kMany = 200;
  Rig rig(kPatience);
  for (int i = 0; i < kMany; ++i) describe(rig.tree, i);
  // How many containers have a name that begins so.
  const auto named = [&rig](std::string_view start) {
    Census census = census_of(kMany);
    rig.namer.apply(census);
    return std::ranges::count_if(census.names, [start](const auto& one) {
      return one.second->container.starts_with(start);
    });
  };
  CHECK(named("web-") == kMany);
  for (int i = 0; i < kMany; ++i) describe(rig.tree, i, "/web-new-");
  // Nobody waits for the answers.
  rig.namer.configure({.lookup = {.rootfs = rig.tree.root(),
                                  .procfs = "/nothing",
                                  .roots = test::usual_roots(),
                                  .off = {},
                                  .labels = {}},
                       .patience = 0ms});
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (named("web-new-") < kMany && std::chrono::steady_clock::now() < deadline) {
    REQUIRE(named("web-") == kMany);
  }
  CHECK(named("web-new-") == kMany);
}

TEST_CASE("what failed before other options is counted with what fails after", "[identity]") {
  Rig rig(kPatience);
  rig.tree.file("var/lib/docker/containers/" + id_of(0) + "/config.v2.json", "{");
  CHECK(rig.name_after(census_of(1)).empty());
  rig.namer.configure({.lookup = {.rootfs = rig.tree.root(),
                                  .procfs = "/nothing",
                                  .roots = test::usual_roots(),
                                  .off = {},
                                  .labels = {}},
                       .patience = kPatience});
  CHECK(rig.namer.failures().of(Source::kDocker) == 1);
  CHECK(rig.name_after(census_of(1)).empty());
  CHECK(rig.namer.failures().of(Source::kDocker) == 2);
}

TEST_CASE("options may change while questions are open", "[identity]") {
  Rig rig(0ms);
  for (int i = 0; i < 50; ++i) describe(rig.tree, i);
  const Namer::Options options{.lookup = {.rootfs = rig.tree.root(),
                                          .procfs = "/nothing",
                                          .roots = test::usual_roots(),
                                          .off = {},
                                          .labels = {}},
                               .patience = 0ms};
  for (int i = 0; i < 20; ++i) {
    Census census = census_of(50);
    rig.namer.apply(census);
    rig.namer.configure(options);
  }
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  std::size_t named = 0;
  while (named < 50 && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(1ms);
    Census census = census_of(50);
    rig.namer.apply(census);
    named = census.names.size();
  }
  CHECK(named == 50);
}

TEST_CASE("it ends while questions are open", "[identity]") {
  for (int i = 0; i < 20; ++i) {
    Rig rig(0ms);
    Census census = census_of(200);
    rig.namer.apply(census);
  }
}
