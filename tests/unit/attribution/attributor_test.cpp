#include "attribution/attributor.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cerrno>
#include <map>
#include <memory>
#include <random>
#include <string>

using namespace kcommons;
using namespace kcommons::attribution;
using catalogue::Limit;
using catalogue::ResourceId;
using census::Census;
using census::NotifyGroup;
using census::ProcessRecord;

namespace {

cgroup::Placement container(const std::string& id, cgroup::Role role = cgroup::Role::kWorkload) {
  cgroup::Placement placement;
  placement.container = cgroup::Container{.runtime = cgroup::Runtime::kDocker, .id = id};
  placement.role = role;
  placement.path = "/docker/" + id;
  return placement;
}

cgroup::Placement unit(const std::string& name) {
  cgroup::Placement placement;
  placement.unit = name;
  return placement;
}

// A census that is written down in a few lines.
class CensusBuilder {
 public:
  CensusBuilder() {
    census_.user_namespaces.push_back({.inode = kInitialUserNs});
    limit(ResourceId::kOpenFiles, 1000, 100);
    limit(ResourceId::kInotifyInstances, 128);
    limit(ResourceId::kInotifyWatches, 8192);
  }
  CensusBuilder& limit(ResourceId id, std::uint64_t value,
                       std::optional<std::uint64_t> used = std::nullopt) {
    census_.readings[static_cast<std::size_t>(id)] = {.used = used,
                                                      .limit = catalogue::Limit{value}};
    return *this;
  }
  std::uint32_t place(cgroup::Placement placement) {
    census_.placements.push_back(std::move(placement));
    return static_cast<std::uint32_t>(census_.placements.size() - 1);
  }
  // A namespace that `owner` has made in the one of index `outer`.
  std::uint32_t user_ns(std::uint64_t inode, std::uint32_t owner, std::uint32_t outer = 0) {
    census_.user_namespaces.push_back(
        {.inode = UserNsInode(inode), .outer = outer, .owner = Uid(owner)});
    return static_cast<std::uint32_t>(census_.user_namespaces.size() - 1);
  }
  std::uint32_t process(std::uint32_t placement, std::uint64_t files, std::uint32_t uid = 0,
                        std::uint32_t user_ns = 0) {
    ProcessRecord record;
    record.pid = Pid(static_cast<int>(census_.processes.size() + 1));
    record.placement = placement;
    record.user_ns = user_ns;
    record.effective_uid = Uid(uid);
    record.descriptors = files;
    record.table_descriptors = files;
    record.files = files;
    census_.processes.push_back(record);
    return static_cast<std::uint32_t>(census_.processes.size() - 1);
  }
  // Charged for itself: one thread of that user, of whose limits nothing is known.
  std::uint32_t user_process(std::uint32_t placement, std::uint32_t uid,
                             std::uint32_t user_ns = 0) {
    const std::uint32_t index = process(placement, 0, uid, user_ns);
    at(index).real_uid = Uid(uid);
    at(index).threads = 1;
    return index;
  }
  ProcessRecord& at(std::uint32_t process) { return census_.processes[process]; }
  CensusBuilder& inotify(std::uint32_t process, std::uint64_t watches) {
    NotifyGroup group;
    group.holders = {process};
    group.user_ns = census_.processes[process].user_ns;
    group.charged_uid = census_.processes[process].effective_uid;
    group.watches = watches;
    census_.notify_groups.push_back(group);
    return *this;
  }
  Census& build() { return census_; }

 private:
  Census census_;
};

const Pool* find_pool(const Snapshot& snapshot, ResourceId id, const std::string& uid) {
  const auto at = std::ranges::find_if(
      snapshot.pools, [&](const Pool& p) { return p.resource == id && p.uid == uid; });
  return at == snapshot.pools.end() ? nullptr : &*at;
}

std::string who(const Snapshot& snapshot, std::uint32_t holder) {
  const Holder& h = snapshot.holders.at(holder);
  return h.kind == Holder::Kind::kHost ? h.unit : h.container_id;
}

std::vector<std::string> neighbours(const Snapshot& snapshot, const Pool& pool) {
  std::vector<std::string> names;
  for (const auto holder : pool.neighbours) names.push_back(who(snapshot, holder));
  std::ranges::sort(names);
  return names;
}

std::uint64_t held(const Pool& pool) {
  std::uint64_t sum = 0;
  for (const Holding& holding : pool.holdings) sum += holding.used;
  return sum;
}

Snapshot attribute(const Census& census, Limits limits = {}) {
  return Attributor(limits, 0.5).attribute(census);
}

}  // namespace

TEST_CASE("open files are booked to the container and the rest is shown as unattributed",
          "[attribution]") {
  CensusBuilder builder;
  const auto web = builder.place(container("aaa"));
  builder.process(web, 60);
  builder.process(builder.place(unit("sshd.service")), 10);
  const Snapshot snapshot = attribute(builder.build());
  const Pool* pool = find_pool(snapshot, ResourceId::kOpenFiles, "");
  REQUIRE(pool != nullptr);
  CHECK(pool->used_at_census == 100);
  CHECK(held(*pool) == 70);
  CHECK(who(snapshot, pool->holdings.at(0).holder) == "aaa");
  CHECK(pool->unattributed.at(0).amount == 30);
  CHECK(snapshot.containers == 1);
  CHECK(snapshot.processes == 2);
}

TEST_CASE("users have their names and strangers none", "[attribution]") {
  CensusBuilder builder;
  builder.process(builder.place(unit("sshd.service")), 10, 33);
  builder.process(builder.place(unit("cron.service")), 10, 34);
  const auto names = [&](const Census& census) {
    std::map<std::string, std::string> by_uid;
    for (const UserUse& use : attribute(census).users) by_uid[use.uid] = use.user;
    return by_uid;
  };
  using Names = std::map<std::string, std::string>;
  CHECK(names(builder.build()) == Names{{"33", ""}, {"34", ""}});
  builder.build().user_names =
      std::make_shared<const census::UserNames>(census::UserNames{{Uid(33), "www-data"}});
  CHECK(names(builder.build()) == Names{{"33", "www-data"}, {"34", ""}});
}

TEST_CASE("a container without a name is called by its id and counted", "[attribution]") {
  CensusBuilder builder;
  const std::string id = "0123456789abcdef0123";
  builder.process(builder.place(container(id)), 10);
  builder.process(builder.place(container("fedcba98765432100123")), 10);
  builder.process(builder.place(unit("sshd.service")), 10);
  CHECK(attribute(builder.build()).containers_unnamed == 2);
  census::ContainerNames named;
  named.container = "web";
  builder.build().names[{cgroup::Runtime::kDocker, id}] =
      std::make_shared<const census::ContainerNames>(named);
  const Snapshot snapshot = attribute(builder.build());
  CHECK(snapshot.containers == 2);
  CHECK(snapshot.containers_unnamed == 1);
  CHECK(snapshot.holders.at(0).container == "web");
  CHECK(snapshot.holders.at(0).named);
  CHECK(snapshot.holders.at(1).container == "fedcba987654");
  CHECK_FALSE(snapshot.holders.at(1).named);
}

TEST_CASE("descriptors that forks share may make unattributed negative", "[attribution]") {
  CensusBuilder builder;
  builder.process(builder.place(container("aaa")), 250);
  const Snapshot snapshot = attribute(builder.build());
  CHECK(find_pool(snapshot, ResourceId::kOpenFiles, "")->unattributed.at(0).amount == -150);
}

TEST_CASE("a charge in a child user namespace ends at its owner", "[attribution]") {
  CensusBuilder builder;
  const auto mapped = builder.user_ns(4026532001, 0);                 // made by root
  const auto rootless = builder.user_ns(4026532002, 1000);            // made by a user
  const auto nested = builder.user_ns(4026532003, 100000, rootless);  // inside the user's
  builder.inotify(builder.process(builder.place(container("mapped")), 1, 200033, mapped), 20)
      .inotify(builder.process(builder.place(container("rootless")), 1, 100000, rootless), 30)
      .inotify(builder.process(builder.place(container("nested")), 1, 100500, nested), 5)
      .inotify(builder.process(builder.place(unit("kubelet.service")), 1, 0), 7);
  const Snapshot snapshot = attribute(builder.build());

  const Pool* root = find_pool(snapshot, ResourceId::kInotifyWatches, "0");
  REQUIRE(root != nullptr);
  CHECK(root->userns == "initial");
  CHECK(root->used_at_census == 27);
  CHECK(neighbours(snapshot, *root) == std::vector<std::string>{"kubelet.service", "mapped"});
  const Pool* user = find_pool(snapshot, ResourceId::kInotifyWatches, "1000");
  REQUIRE(user != nullptr);
  CHECK(user->used_at_census == 35);
  CHECK(find_pool(snapshot, ResourceId::kInotifyWatches, "200033") == nullptr);
  CHECK(find_pool(snapshot, ResourceId::kInotifyWatches, "100000") == nullptr);
  CHECK(find_pool(snapshot, ResourceId::kInotifyInstances, "1000")->used_at_census == 2);
}

TEST_CASE("neighbours are those who would fail and not only those who hold", "[attribution]") {
  CensusBuilder builder;
  const auto hog = builder.process(builder.place(container("hog")), 90);
  builder.process(builder.place(container("idle")), 0);
  builder.at(builder.process(builder.place(unit("root.service")), 5)).privileges =
      census::kSysAdmin;
  builder.at(builder.process(builder.place(unit("zombie.service")), 0)).alive = false;
  builder.process(builder.place(container("hog2", cgroup::Role::kRuntime)), 3);
  builder.inotify(hog, 10);
  const Snapshot snapshot = attribute(builder.build());
  const Pool* files = find_pool(snapshot, ResourceId::kOpenFiles, "");
  CHECK(neighbours(snapshot, *files) == std::vector<std::string>{"hog", "idle"});
  CHECK(files->container_neighbours == 2);
  CHECK(files->host_neighbours == 0);
  // Nothing lets a process exceed the inotify limits.
  const Pool* watches = find_pool(snapshot, ResourceId::kInotifyWatches, "0");
  CHECK(neighbours(snapshot, *watches) == std::vector<std::string>{"hog", "idle", "root.service"});
}

TEST_CASE("what a monitor holds is its container's but apart", "[attribution]") {
  CensusBuilder builder;
  builder.process(builder.place(container("aaa")), 10);
  builder.process(builder.place(container("aaa", cgroup::Role::kRuntime)), 4);
  const Snapshot snapshot = attribute(builder.build());
  REQUIRE(snapshot.holders.size() == 1);
  CHECK(snapshot.holders[0].workload.processes == 1);
  CHECK(snapshot.holders[0].runtime_part.processes == 1);
  const Pool* files = find_pool(snapshot, ResourceId::kOpenFiles, "");
  REQUIRE(files->holdings.size() == 2);
  CHECK(files->holdings[0].role == cgroup::Role::kWorkload);
  CHECK(files->holdings[1].role == cgroup::Role::kRuntime);
}

TEST_CASE("a container's cgroup is its workload's outermost whoever came first", "[attribution]") {
  CensusBuilder builder;
  for (const char* path : {"/monitor", "/docker/aaa/init", "/docker/aaa", "/docker/aaa/x"}) {
    cgroup::Placement placement = container(
        "aaa", path == std::string("/monitor") ? cgroup::Role::kRuntime : cgroup::Role::kWorkload);
    placement.path = path;
    builder.process(builder.place(placement), 1);
  }
  CHECK(attribute(builder.build()).holders.at(0).cgroup == "/docker/aaa");
}

TEST_CASE("a monitor's descriptor limit is not its container's", "[attribution]") {
  CensusBuilder builder;
  const auto conmon = builder.place(container("aaa", cgroup::Role::kRuntime));
  builder.at(builder.process(conmon, 90)).descriptor_limit = Limit{100};
  builder.at(builder.process(builder.place(container("aaa")), 10)).descriptor_limit = Limit{100};
  CHECK(attribute(builder.build()).holders.at(0).descriptor_limit_ratio == 0.1);
}

TEST_CASE("a pool of a user with nothing used is not served", "[attribution]") {
  CensusBuilder builder;
  builder.process(builder.place(unit("a.service")), 1, 1234);
  const Snapshot snapshot = attribute(builder.build());
  CHECK(find_pool(snapshot, ResourceId::kInotifyWatches, "1234") == nullptr);
}

TEST_CASE("use above the limit is kept as it is", "[attribution]") {
  CensusBuilder builder;
  builder.limit(ResourceId::kOpenFiles, 100, 450);
  builder.process(builder.place(container("aaa")), 400);
  const Snapshot snapshot = attribute(builder.build());
  const Pool* files = find_pool(snapshot, ResourceId::kOpenFiles, "");
  CHECK(files->used_at_census == 450);
  CHECK(fullness(450, files->limit) == 4.5);
}

TEST_CASE("fullness needs a limit", "[attribution]") {
  CHECK_FALSE(fullness(10, std::nullopt));
  CHECK_FALSE(fullness(10, catalogue::Limit{}));
  CHECK(fullness(0, catalogue::Limit{0}) == 1.0);
  CHECK(fullness(5, catalogue::Limit{10}) == 0.5);
}

TEST_CASE("a use that could not be read is absent and not a sum", "[attribution]") {
  CensusBuilder builder;
  builder.build().readings[0] = {};
  builder.process(builder.place(container("aaa")), 400);
  const Snapshot snapshot = attribute(builder.build());
  const Pool* files = find_pool(snapshot, ResourceId::kOpenFiles, "");
  REQUIRE(files != nullptr);
  CHECK_FALSE(files->used_at_census);
  CHECK(files->unattributed.empty());
  CHECK(held(*files) == 400);
}

TEST_CASE("a snapshot says what its census read and what it could not", "[attribution]") {
  CensusBuilder census;
  census.limit(ResourceId::kPtys, 4096, 0);
  census.build().failures.count(Error::from_errno(EACCES, "open /proc/7/fd"));
  census.build().failures.count(Error::other("later"));
  const Snapshot snapshot = Attributor({}, 0.5).attribute(census.build());
  const census::Reading& ptys = snapshot.readings[catalogue::index_of(ResourceId::kPtys)];
  CHECK(ptys.used == 0U);
  CHECK(ptys.limit == catalogue::Limit{4096});
  CHECK(snapshot.failed_reads == 2);
  CHECK(snapshot.first_failure == "open /proc/7/fd: Permission denied");
}

TEST_CASE("the worst process tells the descriptor limit ratio", "[attribution]") {
  CensusBuilder builder;
  const auto place = builder.place(container("aaa"));
  builder.at(builder.process(place, 10)).descriptor_limit = Limit{1024};
  builder.at(builder.process(place, 512)).descriptor_limit = Limit{1024};
  builder.at(builder.process(place, 9999)).descriptor_limit = Limit{};
  builder.process(place, 9999);  // its limit is not known
  const Snapshot snapshot = attribute(builder.build());
  CHECK(snapshot.holders[0].descriptor_limit_ratio == 0.5);
}

TEST_CASE("a pool has the lowest limit of its processes that is known", "[attribution]") {
  using Limits = std::vector<std::optional<Limit>>;
  const std::optional<Limit> none = Limit{};
  const std::optional<Limit> not_known;
  const auto [limits, of_pool] = GENERATE_COPY(values<std::pair<Limits, std::optional<Limit>>>({
      {{not_known}, not_known},
      {{not_known, not_known}, not_known},
      {{none}, none},
      {{none, none}, none},
      {{none, not_known}, none},
      {{Limit{30}, not_known}, Limit{30}},
      {{not_known, none, Limit{30}, Limit{20}}, Limit{20}},
      {{Limit{0}, not_known}, Limit{0}},
  }));
  CensusBuilder builder;
  const auto place = builder.place(container("aaa"));
  for (const auto& limit : limits) {
    ProcessRecord& process = builder.at(builder.user_process(place, 1000));
    process.user_limits.processes = limit;
    process.descriptor_limit = limit;
  }
  builder.build().charges = {{.resource = ResourceId::kUnixInflight,
                              .user_ns = kInitialUserNs,
                              .uid = Uid(1000),
                              .used = 3,
                              .limit = {}}};
  const Snapshot snapshot = attribute(builder.build());
  CHECK(find_pool(snapshot, ResourceId::kUserProcesses, "1000")->limit == of_pool);
  CHECK(find_pool(snapshot, ResourceId::kUnixInflight, "1000")->limit == of_pool);
}

TEST_CASE("limits that are not known do not matter of who is not held to them", "[attribution]") {
  CensusBuilder builder;
  const auto place = builder.place(container("aaa"));
  builder.user_process(place, 0);
  builder.at(builder.user_process(place, 1000)).alive = false;
  const Snapshot snapshot = attribute(builder.build());
  for (const char* uid : {"0", "1000"}) {
    CAPTURE(uid);
    CHECK(find_pool(snapshot, ResourceId::kUserProcesses, uid)->limit == Limit{});
  }
}

TEST_CASE("the owner of a user namespace is held to its limit where that is known",
          "[attribution]") {
  const std::optional<Limit> limit =
      GENERATE(as<std::optional<Limit>>{}, std::nullopt, Limit{}, Limit{50});
  CensusBuilder builder;
  builder.user_process(builder.place(unit("init.scope")), 0);
  const auto inner = builder.user_ns(4026532001, 0);
  builder.build().user_namespaces.at(inner).user_limits.processes = limit;
  builder.user_process(builder.place(container("aaa")), 200033, inner);
  const Snapshot snapshot = attribute(builder.build());
  CHECK(find_pool(snapshot, ResourceId::kUserProcesses, "0")->limit == limit);
}

TEST_CASE("sums over holders equal sums over processes whatever is cut", "[attribution]") {
  std::mt19937 random(GENERATE(range(1U, 21U)));
  const auto number = [&](std::uint32_t below) {
    return std::uniform_int_distribution<std::uint32_t>(0, below - 1)(random);
  };
  CensusBuilder builder;
  std::vector<std::uint32_t> places;
  for (int i = 0; i < 40; ++i) {
    const std::string name = std::to_string(number(25));
    const auto role = number(4) == 0 ? cgroup::Role::kRuntime : cgroup::Role::kWorkload;
    places.push_back(builder.place(number(2) == 0 ? container(name, role) : unit(name)));
  }
  std::uint64_t files = 0;
  std::uint64_t watches = 0;
  for (int i = 0; i < 300; ++i) {
    const std::uint64_t opened = number(50);
    const auto process = builder.process(places[number(40)], opened, number(30));
    files += opened;
    if (number(3) == 0) {
      const std::uint64_t watched = number(100);
      builder.inotify(process, watched);
      watches += watched;
    }
  }
  Attributor attributor({.max_containers = 5, .max_units = 4, .max_pools = 7, .max_users = 3}, 0.5);
  const Snapshot snapshot = attributor.attribute(builder.build());

  CHECK(held(*find_pool(snapshot, ResourceId::kOpenFiles, "")) == files);
  std::uint64_t held_watches = 0;
  std::uint64_t used_watches = 0;
  for (const Pool& pool : snapshot.pools) {
    if (pool.resource != ResourceId::kInotifyWatches) continue;
    held_watches += held(pool);
    used_watches += pool.used_at_census.value_or(0);
  }
  CHECK(held_watches == watches);
  CHECK(used_watches == watches);
  std::uint64_t of_users = 0;
  for (const UserUse& user : snapshot.users) of_users += user.used;
  CHECK(of_users == files);
  std::uint64_t processes = 0;
  std::size_t containers = 0;
  for (const Holder& holder : snapshot.holders) {
    processes += holder.workload.processes + holder.runtime_part.processes;
    if (holder.kind == Holder::Kind::kContainer) ++containers;
  }
  CHECK(processes == 300);
  CHECK(containers == 6);  // five and _other
  CHECK(snapshot.users.size() == 4);
  CHECK(snapshot.series_dropped > 0);
}

TEST_CASE("the same census gives the same snapshot", "[attribution]") {
  CensusBuilder builder;
  for (int i = 0; i < 20; ++i) {
    builder.process(builder.place(container(std::to_string(i))), 10);
  }
  const Snapshot once = attribute(builder.build());
  const Snapshot again = attribute(builder.build());
  REQUIRE(once.pools.size() == again.pools.size());
  for (std::size_t i = 0; i < once.pools[0].holdings.size(); ++i) {
    CHECK(who(once, once.pools[0].holdings[i].holder) ==
          who(again, again.pools[0].holdings[i].holder));
  }
}

namespace {

census::Charge charge(std::uint64_t inode, std::uint32_t uid, std::uint64_t used,
                      std::uint64_t limit) {
  return {.resource = ResourceId::kInotifyWatches,
          .user_ns = UserNsInode(inode),
          .uid = Uid(uid),
          .used = used,
          .limit = catalogue::Limit{limit}};
}

std::int64_t unexplained(const Pool& pool) {
  for (const Unattributed& part : pool.unattributed) {
    if (part.cause == "unexplained") return part.amount;
  }
  FAIL("no such cause");
  return 0;
}

}  // namespace

TEST_CASE("what the kernel charges is the use and the rest is told", "[attribution]") {
  CensusBuilder builder;
  builder.inotify(builder.process(builder.place(container("aaa")), 1, 1000), 20);
  builder.build().charges = {charge(kInitialUserNs.value(), 1000, 25, 64),
                             charge(kInitialUserNs.value(), 1001, 3, 64),
                             charge(kInitialUserNs.value(), 1002, 0, 64)};
  const Snapshot snapshot = attribute(builder.build());
  const Pool* pool = find_pool(snapshot, ResourceId::kInotifyWatches, "1000");
  REQUIRE(pool != nullptr);
  CHECK(pool->used_at_census == 25);
  CHECK(pool->limit->value == 64);
  CHECK(unexplained(*pool) == 5);
  // Charged, though nobody was found to hold it.
  const Pool* lost = find_pool(snapshot, ResourceId::kInotifyWatches, "1001");
  REQUIRE(lost != nullptr);
  CHECK(unexplained(*lost) == 3);
  CHECK(find_pool(snapshot, ResourceId::kInotifyWatches, "1002") == nullptr);
}

TEST_CASE("a child user namespace with a limit of its own is a pool too", "[attribution]") {
  CensusBuilder builder;
  const auto child = builder.user_ns(4026532001, 0);
  builder.inotify(builder.process(builder.place(container("aaa")), 1, 200033, child), 20);
  builder.build().charges = {charge(kInitialUserNs.value(), 0, 20, 8192),
                             charge(4026532001, 200033, 20, 32)};
  const Snapshot snapshot = attribute(builder.build());
  const Pool* inner = find_pool(snapshot, ResourceId::kInotifyWatches, "200033");
  REQUIRE(inner != nullptr);
  CHECK(inner->userns == "4026532001");
  CHECK(inner->limit->value == 32);
  CHECK(held(*inner) == 20);
  const Pool* outer = find_pool(snapshot, ResourceId::kInotifyWatches, "0");
  REQUIRE(outer != nullptr);
  CHECK(held(*outer) == 20);
  CHECK(neighbours(snapshot, *inner) == std::vector<std::string>{"aaa"});
}

TEST_CASE("an instance is its creator's while that cgroup lives", "[attribution]") {
  CensusBuilder builder;
  const auto maker = builder.place(container("maker"));
  const auto taker = builder.process(builder.place(container("taker")), 1);
  builder.inotify(taker, 20);
  census::NotifyGroup& group = builder.build().notify_groups.back();
  const auto holder_of = [&] {
    const Snapshot snapshot = attribute(builder.build());
    const Pool* pool = find_pool(snapshot, ResourceId::kInotifyWatches, "0");
    return who(snapshot, pool->holdings.at(0).holder);
  };
  SECTION("though another container holds it") {
    group.creator = maker;
    CHECK(holder_of() == "maker");
  }
  SECTION("after that it is the oldest holder's") {
    group.creator = census::kNoIndex;
    CHECK(holder_of() == "taker");
  }
  SECTION("a creator that is no container does not say more than the holder") {
    group.creator = builder.place(unit("user.slice"));
    CHECK(holder_of() == "taker");
  }
  SECTION("nor does the container around the holder's") {
    cgroup::Placement inner = container("inner");
    inner.parent = cgroup::Container{.runtime = cgroup::Runtime::kDocker, .id = "maker"};
    group.holders = {builder.process(builder.place(inner), 1)};
    group.creator = maker;
    CHECK(holder_of() == "inner");
  }
}

TEST_CASE("one id in two namespaces of containerd is two holders", "[attribution]") {
  CensusBuilder builder;
  for (const char* const space : {"blue", "green"}) {
    cgroup::Placement placement = container("web");
    placement.container->runtime = cgroup::Runtime::kContainerd;
    placement.container->space = space;
    builder.process(builder.place(placement), 3);
  }
  const Snapshot snapshot = attribute(builder.build());
  REQUIRE(snapshot.holders.size() == 2);
  CHECK(snapshot.holders[0].container_id == "web");
  CHECK(snapshot.holders[1].container_id == "web");
  CHECK(snapshot.holders[0].workload.processes == 1);
}

TEST_CASE("fanotify groups and marks are booked beside inotify", "[attribution]") {
  CensusBuilder builder;
  builder.inotify(builder.process(builder.place(container("aaa")), 1), 20);
  builder.build().notify_groups.back().kind = census::NotifyGroup::Kind::kFanotify;
  const Snapshot snapshot = attribute(builder.build());
  CHECK(find_pool(snapshot, ResourceId::kInotifyWatches, "0") == nullptr);
  CHECK(held(*find_pool(snapshot, ResourceId::kFanotifyGroups, "0")) == 1);
  CHECK(held(*find_pool(snapshot, ResourceId::kFanotifyMarks, "0")) == 20);
}

TEST_CASE("files that the kernel holds are told by cause", "[attribution]") {
  CensusBuilder builder;
  builder.process(builder.place(container("aaa")), 60);
  builder.build().unheld = {
      {.resource = ResourceId::kOpenFiles, .cause = "loop_devices", .amount = 30}};
  const Snapshot snapshot = attribute(builder.build());
  const Pool* pool = find_pool(snapshot, ResourceId::kOpenFiles, "");
  REQUIRE(pool->unattributed.size() == 2);
  CHECK(pool->unattributed[0].cause == "loop_devices");
  CHECK(pool->unattributed[0].amount == 30);
  CHECK(unexplained(*pool) == 10);
}
