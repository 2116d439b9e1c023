#include "http/connections.hpp"

#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <set>
#include <thread>
#include <vector>

#include "fake_clock.hpp"

using kcommons::http::Connections;
using State = Connections::State;
using std::chrono::milliseconds;
using Numbers = std::vector<int>;

namespace {

constexpr int kAll = -1;
constexpr milliseconds kPatience{50};

// Connections that are known by a number.
struct Table {
  explicit Table(std::size_t threads)
      : connections(threads, kPatience,
                    {.one =
                         [this](const void* id, State /*state*/) {
                           const int number =
                               static_cast<int>(static_cast<const char*>(id) - &ids[0]);
                           if (late.contains(number)) return false;
                           cut_off.push_back(number);
                           return true;
                         },
                     .all = [this] { cut_off.push_back(kAll); }},
                    [this] { return clock.steady(); }) {}

  const void* id(int number) const { return &ids.at(static_cast<std::size_t>(number)); }
  void open(int number) {
    clock.advance(milliseconds(1));
    connections.opened(id(number));
  }
  void begin(int number) { connections.request_begins(id(number)); }
  void send(int number) {
    clock.advance(milliseconds(1));
    connections.part_taken(id(number));
  }
  void end(int number) {
    clock.advance(milliseconds(1));
    connections.request_ends(id(number));
  }
  void serve(int number) {
    open(number);
    begin(number);
    end(number);
  }
  void close(int number) { connections.closed(id(number)); }

  kcommons::test::FakeClock clock;
  std::vector<char> ids = std::vector<char>(100);
  std::set<int> late;  // of whom the server has something to read
  Numbers cut_off;
  Connections connections;
};

}  // namespace

TEST_CASE("nobody is cut off while a thread is free", "[http]") {
  Table table(4);
  table.open(1);
  table.serve(2);
  table.clock.advance(std::chrono::hours(1));
  table.open(3);
  CHECK(table.cut_off.empty());
}

TEST_CASE("the client that is idle longest gives up its thread for the last", "[http]") {
  Table table(4);
  for (const int number : {1, 2, 3}) table.serve(number);
  table.begin(1);
  table.end(1);  // heard of since 2 and 3 were
  table.open(4);
  CHECK(table.cut_off == Numbers{2});

  SECTION("and the next one when that thread is taken again") {
    table.close(2);
    table.begin(4);
    table.open(5);
    CHECK(table.cut_off == Numbers{2, 3});
  }
  SECTION("and nobody else while that thread is on its way") {
    table.close(4);
    table.open(6);
    CHECK(table.cut_off == Numbers{2});
    table.begin(6);
    table.open(7);
    CHECK(table.cut_off == Numbers{2, 3});
  }
  SECTION("and what it still does counts no more") {
    table.begin(2);
    table.end(2);
    table.close(4);
    table.open(5);
    CHECK(table.cut_off == Numbers{2});
  }
}

TEST_CASE("all clients that send no request go before one that is idle", "[http]") {
  Table table(4);
  table.serve(1);
  table.open(2);
  table.open(3);
  table.clock.advance(kPatience);
  table.open(4);
  CHECK(table.cut_off == Numbers{2, 3});
}

TEST_CASE("a client that takes no more of its answer has four times as long", "[http]") {
  Table table(5);
  for (const int number : {1, 2, 3}) {
    table.open(number);
    table.begin(number);
    table.send(number);
  }
  table.open(4);
  table.clock.advance(kPatience);
  table.open(5);
  CHECK(table.cut_off == Numbers{4});
  table.close(4);
  table.clock.advance(3 * kPatience);
  table.send(1);
  table.begin(5);
  table.open(6);
  CHECK(table.cut_off == Numbers{4, 2, 3});
}

TEST_CASE("a client that waits for the server is spared", "[http]") {
  Table table(4);
  for (const int number : {1, 2, 3}) table.open(number);
  table.late = {1, 2};
  table.clock.advance(kPatience);
  table.open(4);
  CHECK(table.cut_off == Numbers{3});
}

// opened() waits, so that it is asked from another thread.
TEST_CASE("the last thread waits until there is another", "[http]") {
  Table table(3);
  table.serve(1);
  table.begin(1);
  SECTION("for an answer that is being made") {
    table.serve(2);
    table.begin(2);
  }
  SECTION("for a client that has only just come") {
    table.open(2);
  }
  std::atomic<bool> opened = false;
  std::thread last([&] {
    table.connections.opened(table.id(3));
    opened = true;
  });
  std::this_thread::sleep_for(milliseconds(30));
  CHECK_FALSE(opened);
  table.close(2);
  last.join();
  CHECK(table.cut_off.empty());
}

TEST_CASE("an idle client is spared while another may turn out to be slow", "[http]") {
  Table table(3);
  table.serve(1);
  table.open(2);
  std::thread last([&] { table.connections.opened(table.id(3)); });
  std::this_thread::sleep_for(milliseconds(30));
  table.connections.request_begins(table.id(2));  // it was not
  last.join();
  CHECK(table.cut_off == Numbers{1});
}

TEST_CASE("idle clients leave half of the threads to others", "[http]") {
  Table table(6);
  for (const int number : {1, 2, 3, 4}) table.serve(number);
  table.open(5);  // may turn out to be slow
  table.open(6);
  CHECK(table.cut_off == Numbers{1});
}

TEST_CASE("when the server stops everyone is cut off and so is who still comes", "[http]") {
  Table table(10);
  table.open(1);
  table.connections.cut_off_all();
  CHECK(table.cut_off == Numbers{kAll});
  table.open(2);
  CHECK(table.cut_off == Numbers{kAll, kAll});
}

TEST_CASE("who waits for a thread is let go when the server stops", "[http]") {
  Table table(2);
  table.serve(1);
  table.begin(1);
  std::thread last([&] { table.connections.opened(table.id(2)); });
  table.connections.cut_off_all();
  last.join();
  CHECK(table.cut_off.back() == kAll);
}
