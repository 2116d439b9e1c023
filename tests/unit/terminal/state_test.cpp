// Keys, and where they lead.
#include "terminal/state.hpp"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "sample.hpp"
#include "terminal/scene.hpp"

using namespace kcommons;
using namespace kcommons::terminal;
using namespace kcommons::terminal::test;
using attribution::By;
using catalogue::ResourceId;
using Code = Key::Code;
using namespace std::chrono_literals;

namespace {

void press(State& state, const Data& data, std::initializer_list<Code> codes) {
  for (const Code code : codes) handle(state, data, key(code));
}

// What stands in the first column, or in another one.
std::vector<std::string> rows(const State& state, const Data& data, std::size_t column = 0) {
  std::vector<std::string> texts;
  for (const Item& item : scene(state, data).items) texts.push_back(item.cells[column].text);
  return texts;
}

using Texts = std::vector<std::string>;

std::string selected(const State& state, const Data& data) {
  const Scene now = scene(state, data);
  return key_at(now, data, state, now.selected);
}

}  // namespace

TEST_CASE("the fullest pool is selected first and the rows follow", "[terminal]") {
  const Data data = data_with();
  State state;
  CHECK(scene(state, data).bars.size() == 2);
  CHECK(selected(state, data) == "pool inotify_watches uid 0");
  press(state, data, {Code::kDown});
  CHECK(selected(state, data) == "pool open_files");
  press(state, data, {Code::kDown});
  // Files come first among the columns, and the most files first among the rows.
  CHECK(rows(state, data) == Texts{"kubelet.service", "shop/web", "db"});
  CHECK(scene(state, data).selected == 2);
  press(state, data, {Code::kEnd, Code::kDown});
  CHECK(scene(state, data).selected == 4);
  press(state, data, {Code::kHome, Code::kUp});
  CHECK(scene(state, data).selected == 0);
}

TEST_CASE("one drills down from a pool to a file and comes back", "[terminal]") {
  Data data = data_with();
  State state;
  press(state, data, {Code::kEnter});
  REQUIRE(state.place().level == Level::kHolders);
  CHECK(state.place().pool == PoolName{ResourceId::kInotifyWatches, "initial", "0"});
  CHECK(rows(state, data) == Texts{"shop/web", "kubelet.service"});
  CHECK(rows(state, data, 1) == Texts{"1500", "21"});
  press(state, data, {Code::kEnter});
  REQUIRE(state.place().level == Level::kProcesses);
  CHECK(wanted(state) == Wanted{.what = Wanted::What::kLook, .by = By::kProcess});
  // Those of the container alone, and of this pool.
  CHECK(rows(state, data) == Texts{"11", "12"});
  CHECK(rows(state, data, 3) == Texts{"1000", "500"});
  press(state, data, {Code::kDown, Code::kEnter});
  REQUIRE(state.place().level == Level::kInstances);
  CHECK(wanted(state) == Wanted{.what = Wanted::What::kInstances, .pid = Pid(12)});
  CHECK_FALSE(scene(state, data).is_known);
  data.instances = std::make_shared<report::Instances>(
      report::Instances{.pid = Pid(12), .instances = {{.fd = 5, .watches = 3}, {7, 500}}});
  CHECK(rows(state, data) == Texts{"7", "5"});
  press(state, data, {Code::kEnter});
  REQUIRE(state.place().level == Level::kWatches);
  CHECK(wanted(state) == Wanted{.what = Wanted::What::kWatches, .pid = Pid(12), .fd = 7});
  press(state, data, {Code::kEscape, Code::kEscape, Code::kBackspace, Code::kEscape});
  CHECK(state.place().level == Level::kOverview);
  CHECK(selected(state, data) == "pool inotify_watches uid 0");
  press(state, data, {Code::kEscape});
  CHECK(state.places.size() == 1);
  CHECK_FALSE(state.quit);
}

TEST_CASE("an instance without a descriptor leads nowhere and says so", "[terminal]") {
  Data data = data_with();
  data.instances = std::make_shared<report::Instances>(
      report::Instances{.pid = Pid(11), .instances = {{.fd = -1, .watches = 3}}});
  State state;
  state.places.push_back({.level = Level::kInstances, .pid = Pid(11)});
  press(state, data, {Code::kEnter});
  CHECK(state.place().level == Level::kInstances);
  CHECK_FALSE(state.notice.empty());
}

TEST_CASE("a holder of the overview leads to all that its processes hold", "[terminal]") {
  const Data data = data_with();
  State state;
  press(state, data, {Code::kEnd, Code::kUp, Code::kEnter});
  REQUIRE(state.place().level == Level::kProcesses);
  CHECK_FALSE(state.place().pool);
  // 300 files before 200.
  CHECK(rows(state, data) == Texts{"12", "11"});
  const Data unknown;
  CHECK_FALSE(scene(state, unknown).is_known);
}

TEST_CASE("rows stay selected when they move", "[terminal]") {
  Data data = data_with();
  State state;
  press(state, data, {Code::kEnd});
  CHECK(rows(state, data).back() == "db");
  auto changed = std::make_shared<Seen>(*data.of(By::kContainer));
  for (report::TopRow& row : changed->view.top.rows) {
    if (row.who == 1) row.used = 100'000;
  }
  changed->summary = report::summarize(changed->view.top, std::nullopt, false, 0);
  data.seen[static_cast<std::size_t>(By::kContainer)] = changed;
  CHECK(rows(state, data).front() == "db");
  CHECK(scene(state, data).selected == 2);
  // One that is gone leaves its place to its neighbour.
  state.place().selected = "nobody";
  state.place().index = 99;
  CHECK(scene(state, data).selected == 4);
}

TEST_CASE("rows are filtered while one types", "[terminal]") {
  const Data data = data_with();
  State state;
  handle(state, data, key(Code::kF4));
  type(state, data, "WeB");
  CHECK(rows(state, data) == Texts{"shop/web"});
  CHECK(scene(state, data).hidden == 2);
  CHECK(scene(state, data).selected == 2);
  // A letter that means something elsewhere is a letter here.
  type(state, data, "q");
  CHECK_FALSE(state.quit);
  CHECK(rows(state, data).empty());
  handle(state, data, key(Code::kBackspace));
  handle(state, data, key(Code::kEnter));
  CHECK(state.prompt == Prompt::kNone);
  CHECK(state.place().filter == "WeB");
  handle(state, data, key(U'\\'));
  type(state, data, "x");
  handle(state, data, key(Code::kEscape));
  CHECK(state.place().filter == "WeB");
  // The first Escape drops the filter.
  handle(state, data, key(Code::kEscape));
  CHECK(rows(state, data).size() == 3);
}

TEST_CASE("a filter may be there before the rows are", "[terminal]") {
  State state;
  handle(state, Data{}, key(Code::kF4));
  type(state, Data{}, "web");
  const Data data = data_with();
  CHECK(scene(state, data).selected == 2);
  CHECK(selected(state, data).find("shop/web") != std::string::npos);
}

TEST_CASE("what is typed is whole characters", "[terminal]") {
  const Data data = data_with();
  State state;
  handle(state, data, key(Code::kF4));
  for (const char32_t character : {U'é', U'漢', U'🐳', U'\x1b', U'\x9b'}) {
    handle(state, data, key(character));
  }
  CHECK(state.input == "é漢🐳");
  handle(state, data, key(Code::kBackspace));
  handle(state, data, key(Code::kBackspace));
  CHECK(state.input == "é");
  for (int i = 0; i < 1000; ++i) handle(state, data, key(U'x'));
  CHECK(state.input.size() <= 200);
}

TEST_CASE("a search goes from row to row and around", "[terminal]") {
  const Data data = data_with();
  State state;
  type(state, data, "/e");
  CHECK(scene(state, data).selected == 2);  // kubelet.service
  handle(state, data, key(Code::kF3));
  CHECK(scene(state, data).selected == 3);  // shop/web
  handle(state, data, key(Code::kEnter));
  type(state, data, "n");
  CHECK(scene(state, data).selected == 2);
  type(state, data, "/nobody");
  CHECK(scene(state, data).selected == 2);
  CHECK(state.notice == "no row has \"nobody\"");
}

TEST_CASE("columns sort in the order that people expect of them", "[terminal]") {
  const Data data = data_with();
  State state;
  press(state, data, {Code::kF6});
  CHECK(rows(state, data) == Texts{"shop/web", "kubelet.service", "db"});  // by watches
  press(state, data, {Code::kF6});
  CHECK(rows(state, data) == Texts{"db", "kubelet.service", "shop/web"});  // by name
  type(state, data, "I");
  CHECK(rows(state, data) == Texts{"shop/web", "kubelet.service", "db"});
  type(state, data, "<");
  CHECK_FALSE(state.place().inverted);
  CHECK(rows(state, data) == Texts{"shop/web", "kubelet.service", "db"});
}

TEST_CASE("rows are grouped where there are groups", "[terminal]") {
  const Data data = data_with();
  State state;
  std::vector<By> order;
  for (int i = 0; i < 5; ++i) {
    type(state, data, "b");
    order.push_back(state.by);
  }
  CHECK(order == std::vector{By::kPod, By::kUid, By::kUnit, By::kProcess, By::kContainer});
  press(state, data, {Code::kBackTab});
  CHECK(state.by == By::kProcess);
  // A row that is a process is one to look into.
  press(state, data, {Code::kEnd, Code::kEnter});
  CHECK(state.place().level == Level::kInstances);
  type(state, data, "b");
  CHECK(state.by == By::kProcess);
  CHECK_FALSE(state.notice.empty());
}

TEST_CASE("every pool has a page of its own", "[terminal]") {
  const Data data = data_with();
  State state;
  press(state, data, {Code::kEnter, Code::kF5});
  CHECK(state.places.size() == 2);
  CHECK(rows(state, data) == Texts{"inotify_watches uid 0", "open_files"});
  press(state, data, {Code::kDown, Code::kEnter});
  CHECK(state.place().pool == PoolName{ResourceId::kOpenFiles, "", ""});
  type(state, data, "o");
  CHECK(state.place().level == Level::kPools);
  type(state, data, "o");
  CHECK(state.places.size() == 1);
}

TEST_CASE("resources that were asked for are all there is", "[terminal]") {
  const Data data = data_with();
  State state;
  state.resources = {ResourceId::kOpenFiles};
  CHECK(scene(state, data).bars.size() == 1);
  press(state, data, {Code::kF5});
  CHECK(rows(state, data) == Texts{"open_files"});
}

TEST_CASE("the interval is changed by steps and by typing", "[terminal]") {
  const Data data = data_with();
  State state;
  type(state, data, "+");
  CHECK(state.interval == 5s);
  type(state, data, "---");
  CHECK(state.interval == 500ms);
  type(state, data, "-");
  CHECK(state.interval == 500ms);
  type(state, data, "d0.25");
  handle(state, data, key(Code::kEnter));
  CHECK(state.interval == 250ms);
  for (const std::string bad : {"0", "-1", "nan", "1e9", "2x", "inf", "3601"}) {
    type(state, data, "d" + bad);
    handle(state, data, key(Code::kEnter));
    CAPTURE(bad);
    CHECK(state.interval == 250ms);
    CHECK_FALSE(state.notice.empty());
  }
}

TEST_CASE("pause refresh help and quit", "[terminal]") {
  const Data data = data_with();
  State state;
  type(state, data, "p");
  CHECK(state.paused);
  type(state, data, " ");
  CHECK_FALSE(state.paused);
  type(state, data, "r");
  CHECK(state.refreshes == 1);
  press(state, data, {Code::kF1});
  CHECK(state.help);
  type(state, data, "q");
  CHECK_FALSE(state.help);
  CHECK_FALSE(state.quit);
  type(state, data, "q");
  CHECK(state.quit);
}

TEST_CASE("no key breaks anything wherever it is pressed", "[terminal]") {
  const Data known = data_with("\x1b[2J\xff");
  const Data unknown;
  for (const Data* const data : {&unknown, &known}) {
    State state;
    std::uint32_t random = 1;
    for (int i = 0; i < 20'000; ++i) {
      random = random * 1664525U + 1013904223U;
      const std::uint32_t one = random >> 16U;
      const Key pressed =
          one % 3 == 0 ? key(static_cast<char32_t>(one % 0x80)) : key(static_cast<Code>(one % 24));
      handle(state, *data, pressed);
      state.quit = false;
      state.size = {.rows = one % 60, .columns = one % 90};
      REQUIRE_FALSE(state.places.empty());
      const Scene now = scene(state, *data);
      REQUIRE((now.size() == 0 || now.selected < now.size()));
    }
  }
}
