#include "http/connections.hpp"

#include <arpa/inet.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <vector>

using kcommons::SteadyTime;
using kcommons::http::Connections;
using Ports = std::vector<int>;

namespace {

constexpr int kAll = -1;

// Connections that are known by the port of their peer.
struct Table {
  explicit Table(std::size_t threads)
      : connections(threads, {.one =
                                  [this](const Connections::Ends& ends) {
                                    cut_off.push_back(ntohs(ends.peer.sin_port));
                                  },
                              .all = [this] { cut_off.push_back(kAll); }}) {}

  const void* id(int port) const { return &ids.at(static_cast<std::size_t>(port)); }
  void open(int port) { connections.opened(id(port)); }
  void begin(int port) {
    Connections::Ends ends;
    ends.peer.sin_port = htons(static_cast<std::uint16_t>(port));
    connections.request_begins(id(port), ends);
  }
  void end(int port) { connections.request_ends(id(port), now += std::chrono::seconds(1)); }
  void serve(int port) {
    open(port);
    begin(port);
    end(port);
  }
  void close(int port) { connections.closed(id(port)); }

  SteadyTime now;
  std::vector<char> ids = std::vector<char>(100);
  Ports cut_off;
  Connections connections;
};

}  // namespace

TEST_CASE("nobody is cut off while a thread is free", "[http]") {
  Table table(4);
  for (const int port : {1, 2, 3}) table.serve(port);
  CHECK(table.cut_off.empty());
}

TEST_CASE("the client that is idle longest gives up its thread for the last", "[http]") {
  Table table(4);
  for (const int port : {1, 2, 3}) table.serve(port);
  table.begin(1);
  table.end(1);  // heard of since 2 and 3 were
  table.open(4);
  CHECK(table.cut_off == Ports{2});

  SECTION("and the next one when that thread is taken again") {
    table.close(2);
    table.open(5);
    CHECK(table.cut_off == Ports{2, 3});
  }
  SECTION("and nobody else while that thread is on its way") {
    table.close(4);
    table.open(6);
    CHECK(table.cut_off == Ports{2});
    table.open(7);
    CHECK(table.cut_off == Ports{2, 3});
  }
}

TEST_CASE("a request that is being answered is never cut off", "[http]") {
  Table table(4);
  for (const int port : {1, 2, 3}) table.serve(port);
  for (const int port : {1, 2, 3}) table.begin(port);
  table.open(4);
  CHECK(table.cut_off.empty());
  table.close(4);
  table.end(2);
  table.open(5);
  CHECK(table.cut_off == Ports{2});
}

TEST_CASE("a client without a request yet is not cut off", "[http]") {
  Table table(3);
  for (const int port : {1, 2, 3}) table.open(port);
  CHECK(table.cut_off.empty());
}

TEST_CASE("when the server stops everyone is cut off and so is who still comes", "[http]") {
  Table table(10);
  table.open(1);
  table.connections.cut_off_all();
  CHECK(table.cut_off == Ports{kAll});
  table.open(2);
  CHECK(table.cut_off == Ports{kAll, kAll});
}
