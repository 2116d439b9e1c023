#include "incidents/incident.hpp"

#include <catch2/catch.hpp>
#include <string>

using namespace kcommons;
using namespace kcommons::incidents;

namespace {

std::shared_ptr<const Incident> state_of(std::uint64_t id, State state) {
  return std::make_shared<const Incident>(Incident{.id = id, .state = state});
}

}  // namespace

TEST_CASE("of each incident the state that was written last counts", "[incidents]") {
  const Incidents newest =
      newest_states({state_of(1, State::kOpen), state_of(2, State::kOpen),
                     state_of(1, State::kEnded), state_of(3, State::kInterrupted)});
  REQUIRE(newest.size() == 3);
  CHECK(newest[0]->id == 3);
  CHECK(newest[1]->id == 2);
  CHECK(newest[1]->state == State::kOpen);
  CHECK(newest[2]->state == State::kEnded);
  CHECK(newest_states({}).empty());
}

TEST_CASE("names of holders are printable and bounded in what is kept", "[incidents]") {
  attribution::Snapshot snapshot;
  attribution::Holder holder{.kind = attribution::Holder::Kind::kContainer};
  holder.container_id = "\x1b[31m";
  holder.container = std::string(100'000, '\n');
  holder.pod = "\xff";
  snapshot.holders.push_back(holder);
  attribution::Pool pool;
  pool.holdings.push_back({.holder = 0, .role = cgroup::Role::kRuntime, .used = 3});
  pool.neighbours.assign(1000, 0);
  pool.container_neighbours = 1000;
  const CensusView view = view_of(snapshot, pool, 10);
  REQUIRE(view.holders.size() == 1);
  CHECK(view.holders[0].container_id == "\\x1b[31m");
  CHECK(view.holders[0].container.size() <= 256);
  CHECK(view.holders[0].name.size() <= 256);
  CHECK(view.holders[0].by_runtime);
  CHECK_FALSE(view.holders[0].share);  // it is not known what was used
  CHECK(view.neighbours.size() == 32);
  CHECK(view.container_neighbours == 1000);
}
