// What is on the screen, at any size.
#include "terminal/paint.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <string>

#include "sample.hpp"
#include "terminal/cells.hpp"
#include "terminal/scene.hpp"

using namespace kcommons;
using namespace kcommons::terminal;
using namespace kcommons::terminal::test;
using namespace std::chrono_literals;
using attribution::By;
using Code = Key::Code;

namespace {

State of_size(std::size_t rows, std::size_t columns) {
  State state;
  state.size = {.rows = rows, .columns = columns};
  return state;
}

std::string text_of(const Frame& frame) {
  std::string text;
  for (const Line& line : frame.lines) text += plain(line) + '\n';
  return text;
}

std::string painted(const State& state, const Data& data, bool utf8 = true) {
  const Frame frame = paint(state, data, {.utf8 = utf8});
  CHECK(frame.lines.size() == state.size.rows);
  for (const Line& line : frame.lines) {
    CAPTURE(plain(line));
    CHECK(terminal::columns_of(line) <= state.size.columns);
    for (const char byte : plain(line)) {
      const auto code = static_cast<unsigned char>(byte);
      CHECK(code >= 0x20);
      CHECK(code != 0x7F);
      if (!utf8) CHECK(code < 0x80);
    }
  }
  return text_of(frame);
}

// Each place that one can get to.
std::vector<State> all_places(const Data& data, Size size) {
  std::vector<State> states;
  State state = of_size(size.rows, size.columns);
  states.push_back(state);
  for (const Code code : {Code::kEnter, Code::kEnter, Code::kEnter, Code::kEnter}) {
    handle(state, data, key(code));
    states.push_back(state);
  }
  State pools = of_size(size.rows, size.columns);
  handle(pools, data, key(Code::kF5));
  states.push_back(pools);
  State help = of_size(size.rows, size.columns);
  help.help = true;
  states.push_back(help);
  State typing = of_size(size.rows, size.columns);
  type(typing, data, "\\" + std::string(150, 'x'));
  states.push_back(typing);
  return states;
}

Data all_data(const std::string& name) {
  Data data = data_with(name);
  data.instances = std::make_shared<report::Instances>(report::Instances{
      .pid = Pid(11), .command = name, .instances = {{5, 3}, {7, 1000}}, .limits = {name}});
  data.watches = std::make_shared<report::Watches>(
      report::Watches{.pid = Pid(11),
                      .fd = 7,
                      .total = 1000,
                      .watches = {{.wd = 1, .inode = 77, .device = 0x801, .path = "/srv/" + name},
                                  {.wd = 2, .inode = 78, .device = 0x801}},
                      .resolved = 1,
                      .limits = {"the first 2 of 1000 are shown"}});
  return data;
}

}  // namespace

TEST_CASE("the overview of 80 columns has bars rows and keys", "[terminal]") {
  const std::string text = painted(of_size(24, 80), data_with());
  CHECK_THAT(text, Catch::StartsWith("kcommons top  by container"));
  CHECK_THAT(text, Catch::Contains("  bpf  every 2 s  14:13:20 UTC\n"));
  CHECK_THAT(text, Catch::Contains("inotify_watches uid 0 [||||||"));
  CHECK_THAT(text, Catch::Contains("] 1521/1521    100.0%\n"));
  CHECK_THAT(text, Catch::Contains("] 4000/2000000   0.2%\n"));
  CHECK_THAT(text, Catch::Contains("\nHOLDER           FILES  WATCHES "));
  CHECK_THAT(text, Catch::Contains("\nkubelet.service   3400       21\n"));
  CHECK_THAT(text, Catch::Contains("\n3 containers and host groups, by FILES\n"));
  CHECK_THAT(text, Catch::EndsWith("F1Help F2By F3Search F4Filter F5Pools F6Sort pPause "
                                   "EnterDown EscBack F10Quit \n"));
}

TEST_CASE("a pool says who fails next with which error and what helps", "[terminal]") {
  const Data data = data_with();
  State state = of_size(24, 80);
  handle(state, data, key(Code::kEnter));
  const std::string text = painted(state, data);
  CHECK_THAT(text, Catch::Contains("inotify_watches uid 0: 1521 of 1521 used (100.0%)"));
  CHECK_THAT(text, Catch::Contains("Fails next  3 share it: shop/web, db, kubelet.service"));
  CHECK_THAT(text, Catch::Contains("Error       ENOSPC: "));
  CHECK_THAT(text, Catch::Contains("sysctl -w fs.inotify.max_user_watches=4096"));
  CHECK_THAT(text, Catch::Contains("shop/web         1500   98.6%   98.6%           0"));
}

TEST_CASE("nothing leaves the screen at any size", "[terminal]") {
  const std::string name = GENERATE(
      as<std::string>(), "db", std::string(500, 'n'), "\x1b[2J\r\n\xff\x9b",
      "\xe6\xbc\xa2\xe5\xad\x97\xe6\xbc\xa2\xe5\xad\x97\xe6\xbc\xa2\xe5\xad\x97", "a\u202e\u0301");
  const Size size = GENERATE(Size{24, 80}, Size{60, 200}, Size{10, 40}, Size{1, 1}, Size{2, 300},
                             Size{5, 12}, Size{100, 7}, Size{24, 79}, Size{24, 81});
  const bool utf8 = GENERATE(true, false);
  Data data = all_data(name);
  for (const State& state : all_places(data, size)) {
    painted(state, data, utf8);
    painted(state, Data{}, utf8);
  }
  data.error = "ask http://" + name + ": " + std::string(300, 'e');
  data.asked_at = data.now - 90s;
  for (const State& state : all_places(data, size)) painted(state, data, utf8);
}

TEST_CASE("hostile names are shown as text", "[terminal]") {
  const Data data = data_with("\x1b]0;owned\x07");
  State state = of_size(24, 80);
  state.by = By::kProcess;
  CHECK_THAT(painted(state, data), Catch::Contains("\\x1b]0;owned\\x07"));
}

TEST_CASE("numbers stand below each other beside wide names", "[terminal]") {
  const std::string text = painted(of_size(24, 80), data_with("漢字"));
  const auto line_of = [&](const std::string& start) {
    const std::size_t at = text.find('\n' + start) + 1;
    return text.substr(at, text.find('\n', at) - at);
  };
  CHECK(terminal::columns_of(line_of("漢字")) == terminal::columns_of(line_of("kubelet")));
}

TEST_CASE("whole columns are left out and can be scrolled to", "[terminal]") {
  const Data data = data_with();
  State state = of_size(24, 24);
  CHECK_THAT(painted(state, data), !Catch::Contains("WATCHES"));
  handle(state, data, key(Code::kRight));
  const std::string text = painted(state, data);
  CHECK_THAT(text, Catch::Contains("WATCHES"));
  CHECK_THAT(text, !Catch::Contains("FILES "));
}

TEST_CASE("a wait an age and an error are told", "[terminal]") {
  Data data = data_with();
  State state = of_size(24, 80);
  data.now += 10s;
  CHECK_THAT(painted(state, data), Catch::Contains("10 s old"));
  data.asked_at = data.now - 7s;
  CHECK_THAT(painted(state, data), Catch::Contains("waiting 7 s  10 s old"));
  state.paused = true;
  CHECK_THAT(painted(state, data), Catch::Contains("PAUSED"));
  data.error = "read the host: open /proc: No such file or directory";
  const std::string text = painted(state, data);
  CHECK_THAT(text, Catch::Contains(data.error));
  // What was seen before stays.
  CHECK_THAT(text, Catch::Contains("kubelet.service"));
  CHECK_THAT(painted(state, Data{}), Catch::Contains("waiting for the first look"));
}

TEST_CASE("the selected row is always on the screen", "[terminal]") {
  Data data = data_with();
  auto many = std::make_shared<Seen>(*data.of(By::kContainer));
  for (int i = 0; i < 500; ++i) {
    report::TopWho who{.kind = report::TopWho::Kind::kHost, .name = "unit" + std::to_string(i)};
    many->view.top.rows.push_back({.who = static_cast<std::uint32_t>(many->view.top.who.size()),
                                   .pool = 1,
                                   .used = static_cast<std::uint64_t>(i)});
    many->view.top.who.push_back(who);
  }
  many->summary = report::summarize(many->view.top, std::nullopt, false, 0);
  data.seen[static_cast<std::size_t>(By::kContainer)] = many;
  State state = of_size(24, 80);
  for (int i = 0; i < 60; ++i) {
    const Frame frame = paint(state, data, {});
    const bool shown = std::ranges::any_of(frame.lines, [](const Line& line) {
      return std::ranges::count(line, Role::kSelected, &Span::role) > 0;
    });
    CAPTURE(i);
    CHECK(shown);
    handle(state, data, key(i % 4 == 0 ? Code::kPageDown : Code::kDown));
  }
}

TEST_CASE("what is typed has a cursor behind it", "[terminal]") {
  const Data data = data_with();
  State state = of_size(24, 80);
  type(state, data, "/we");
  const Frame frame = paint(state, data, {});
  REQUIRE(frame.cursor);
  CHECK(frame.cursor->row == 23);
  CHECK(frame.cursor->column == std::string("Search: we").size());
  CHECK(plain(frame.lines.back()) == "Search: we");
}
