#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/text.hpp"
#include "catalogue/catalogue.hpp"
#include "report/json_reader.hpp"
#include "report/recording.hpp"

namespace kcommons::report {

namespace {

using catalogue::Limit;
using catalogue::ResourceId;
using census::Census;

class RecordParser final {
 public:
  explicit RecordParser(const Json& document) : in_(document) {}

  Result<Record> parse();

 private:
  void read_version();
  census::PoolsReading read_pools();
  Census read_census();
  void read_census_lists(Census& census);

  WallTime time(std::string_view key);
  template <class T>
  T whole(std::string_view key);
  std::optional<Limit> limit(std::string_view key);
  // That leads into a list of `size`; kNoIndex for null.
  std::uint32_t index(std::string_view key, std::size_t size);
  std::uint32_t index_always(std::string_view key, std::size_t size);
  ResourceId resource();
  std::chrono::milliseconds milliseconds(std::string_view key);
  std::uint32_t in_list(std::string_view key, std::uint64_t number, std::size_t size);

  census::Readings readings();
  std::vector<census::Charge> charges();
  template <class Key, std::size_t kSize>
  std::array<std::uint64_t, kSize> counts(std::string_view key);
  census::Failures failures();
  cgroup::Runtime runtime();
  std::optional<cgroup::Container> container(std::string_view key);
  cgroup::Placement placement();
  void read_names(census::NamesOfContainers& all);
  std::shared_ptr<const census::UserNames> users();
  census::UserLimits user_limits();
  census::UserNamespace user_namespace();
  void check_chains(const std::vector<census::UserNamespace>& all);
  census::ProcessRecord process(const Census& census);
  census::NotifyGroup notify_group(const Census& census);
  std::vector<std::uint32_t> holders(const Census& census);
  census::Unheld unheld();

  // A list of what `read` reads of each.
  template <class Item>
  void read_list(std::string_view key, std::vector<Item>& items,
                 const std::function<Item()>& read) {
    in_.each(key, [&] { items.push_back(read()); });
  }

  JsonReader in_;
};

WallTime RecordParser::time(std::string_view key) {
  const std::string written = in_.text(key);
  const auto read = parse_time_text(written);
  if (!read) in_.refuse(key, '"' + written + '"', "a time such as 2026-01-31T23:59:59.000Z");
  return read.value_or(WallTime{});
}

template <class T>
T RecordParser::whole(std::string_view key) {
  const std::uint64_t number = in_.number(key);
  if (std::in_range<T>(number)) return static_cast<T>(number);
  in_.refuse(key, fmt::format("{}", number), "a smaller number");
  return 0;
}

std::optional<Limit> RecordParser::limit(std::string_view key) {
  std::optional<Limit> limit;
  in_.in_or_null(key, [&] { limit = Limit{.value = in_.number_or_null("value")}; });
  return limit;
}

std::uint32_t RecordParser::in_list(std::string_view key, std::uint64_t number, std::size_t size) {
  if (number < size) return static_cast<std::uint32_t>(number);
  in_.refuse(key, fmt::format("{}", number), fmt::format("a place in a list of {}", size));
  return 0;
}

std::uint32_t RecordParser::index(std::string_view key, std::size_t size) {
  const auto number = in_.number_or_null(key);
  return number ? in_list(key, *number, size) : census::kNoIndex;
}

std::uint32_t RecordParser::index_always(std::string_view key, std::size_t size) {
  return in_list(key, in_.number(key), size);
}

ResourceId RecordParser::resource() {
  const std::string name = in_.text("resource");
  const auto id = catalogue::find_resource(name);
  if (!id) in_.refuse("resource", '"' + name + '"', "a resource that this kcommons knows");
  return id.value_or(ResourceId::kOpenFiles);
}

std::chrono::milliseconds RecordParser::milliseconds(std::string_view key) {
  return std::chrono::milliseconds(whole<std::int64_t>(key));
}

census::Readings RecordParser::readings() {
  census::Readings readings;
  in_.each("readings", [&] {
    readings[catalogue::index_of(resource())] = {.used = in_.number_or_null("used"),
                                                 .limit = limit("limit")};
  });
  return readings;
}

std::vector<census::Charge> RecordParser::charges() {
  std::vector<census::Charge> charges;
  in_.each("charges", [&] {
    charges.push_back({.resource = resource(),
                       .user_ns = UserNsInode(in_.number("user_ns")),
                       .uid = Uid(whole<Uid::rep>("uid")),
                       .used = in_.number("used"),
                       .limit = limit("limit")});
  });
  return charges;
}

template <class Key, std::size_t kSize>
std::array<std::uint64_t, kSize> RecordParser::counts(std::string_view key) {
  std::array<std::uint64_t, kSize> counts{};
  in_.each(key, [&] {
    const std::string name = in_.text("name");
    const std::uint64_t count = in_.number("count");
    for (std::size_t i = 0; i < kSize; ++i) {
      if (name_of(static_cast<Key>(i)) != name) continue;
      counts[i] = count;
      return;
    }
    in_.refuse("name", '"' + name + '"', "one that this kcommons knows");
  });
  return counts;
}

census::Failures RecordParser::failures() {
  census::Failures failures;
  in_.in("failures", [&] {
    failures.by_kind = counts<ErrorKind, census::kErrorKindCount>("by_kind");
    failures.first = in_.raw_text("first");
  });
  return failures;
}

cgroup::Runtime RecordParser::runtime() {
  const std::string name = in_.text("runtime");
  const auto runtime = cgroup::runtime_from_name(name);
  if (!runtime) in_.refuse("runtime", '"' + name + '"', "one of " + cgroup::runtime_names());
  return runtime.value_or(cgroup::Runtime::kOci);
}

std::optional<cgroup::Container> RecordParser::container(std::string_view key) {
  std::optional<cgroup::Container> container;
  in_.in_or_null(key, [&] {
    container = cgroup::Container{.runtime = runtime(),
                                  .id = in_.raw_text("id"),
                                  .name = in_.raw_text("name"),
                                  .pod_uid = in_.raw_text("pod_uid"),
                                  .qos = in_.raw_text("qos"),
                                  .space = in_.raw_text("space")};
  });
  return container;
}

cgroup::Placement RecordParser::placement() {
  cgroup::Placement placement;
  placement.container = container("container");
  placement.parent = container("parent");
  const std::string role = in_.text("role");
  if (role == name_of(cgroup::Role::kRuntime)) {
    placement.role = cgroup::Role::kRuntime;
  } else if (role != name_of(cgroup::Role::kWorkload)) {
    in_.refuse("role", '"' + role + '"', "workload or runtime");
  }
  placement.unit = in_.raw_text("unit");
  placement.slice = in_.raw_text("slice");
  if (in_.number_or_null("session_uid")) placement.session_uid = whole<Uid::rep>("session_uid");
  placement.path = in_.raw_text("path");
  placement.deleted = in_.flag("deleted");
  placement.outside_namespace = in_.flag("outside_namespace");
  return placement;
}

void RecordParser::read_names(census::NamesOfContainers& all) {
  census::ContainerKey key{
      .runtime = runtime(), .id = in_.raw_text("id"), .space = in_.raw_text("space")};
  auto names = std::make_shared<census::ContainerNames>();
  names->container = in_.raw_text("container");
  names->pod = in_.raw_text("pod");
  names->pod_namespace = in_.raw_text("namespace");
  names->pod_uid = in_.raw_text("pod_uid");
  names->image = in_.raw_text("image");
  names->compose_project = in_.raw_text("compose_project");
  names->compose_service = in_.raw_text("compose_service");
  names->sandbox = in_.flag("sandbox");
  std::set<std::string> labels;  // as they are served
  in_.each("labels", [&] {
    const std::string name = in_.raw_text("name");
    if (name.empty() || !labels.insert(text::label_name(name)).second) {
      in_.refuse("name", '"' + text::printable(name) + '"', "the name of a label, each once");
    }
    names->labels[name] = in_.raw_text("value");
  });
  all.insert_or_assign(std::move(key), std::move(names));
}

std::shared_ptr<const census::UserNames> RecordParser::users() {
  auto users = std::make_shared<census::UserNames>();
  in_.each("users",
           [&] { users->insert_or_assign(Uid(whole<Uid::rep>("uid")), in_.raw_text("name")); });
  return users;
}

census::UserLimits RecordParser::user_limits() {
  census::UserLimits limits;
  in_.in("user_limits", [&] {
    limits = {.processes = limit("processes"),
              .pending_signals = limit("pending_signals"),
              .mqueue_bytes = limit("mqueue_bytes"),
              .locked_memory_bytes = limit("locked_memory_bytes")};
  });
  return limits;
}

census::UserNamespace RecordParser::user_namespace() {
  // Where `outer` leads is checked when all are there.
  const auto outer = in_.number_or_null("outer");
  return {.inode = UserNsInode(in_.number("inode")),
          .outer = outer ? whole<std::uint32_t>("outer") : census::kNoIndex,
          .owner = Uid(whole<Uid::rep>("owner")),
          .user_limits = user_limits()};
}

// Charges go outwards until there is no outer namespace: that must come.
void RecordParser::check_chains(const std::vector<census::UserNamespace>& all) {
  for (const census::UserNamespace& each : all) {
    std::size_t steps = 0;
    for (std::uint32_t at = each.outer; at != census::kNoIndex; at = all[at].outer) {
      if (at < all.size() && ++steps < all.size()) continue;
      in_.refuse("user_namespaces", "namespaces around each other", "an outermost one");
      return;
    }
  }
}

census::ProcessRecord RecordParser::process(const Census& census) {
  census::ProcessRecord process;
  process.pid = Pid(whole<Pid::rep>("pid"));
  process.parent = Pid(whole<Pid::rep>("parent"));
  process.start_time = in_.number("start_time");
  process.placement = index_always("placement", census.placements.size());
  process.user_ns = index("user_ns", census.user_namespaces.size());
  process.effective_uid = Uid(whole<Uid::rep>("effective_uid"));
  process.real_uid = Uid(whole<Uid::rep>("real_uid"));
  process.net_ns = NetNsInode(in_.number("net_ns"));
  process.alive = in_.flag("alive");
  process.privileges = whole<std::uint8_t>("privileges");
  process.threads = in_.number("threads");
  process.user_limits = user_limits();
  process.descriptors = in_.number_or_null("descriptors");
  if (process.descriptors && in_.flag("by_type_known")) {
    process.by_type = counts<census::DescriptorType, procfs::kFdTypeCount>("by_type");
  }
  process.descriptor_limit = limit("descriptor_limit");
  process.table_descriptors = in_.number("table_descriptors");
  process.files = in_.number("files");
  return process;
}

// Ascending, and at least one: the first is the one that is booked.
std::vector<std::uint32_t> RecordParser::holders(const Census& census) {
  std::vector<std::uint32_t> holders;
  in_.each("holders", [&] { holders.push_back(index_always("process", census.processes.size())); });
  const bool ascends =
      std::ranges::adjacent_find(holders, std::ranges::greater_equal{}) == holders.end();
  if (holders.empty() || !ascends) {
    in_.refuse("holders", fmt::format("a list of {}", holders.size()),
               "one process or more, in the order of processes");
  }
  return holders;
}

census::NotifyGroup RecordParser::notify_group(const Census& census) {
  census::NotifyGroup group;
  using Kind = census::NotifyGroup::Kind;
  group.kind = in_.flag("fanotify") ? Kind::kFanotify : Kind::kInotify;
  group.holders = holders(census);
  group.creator = index("creator", census.placements.size());
  group.user_ns = index("user_ns", census.user_namespaces.size());
  group.charged_uid = Uid(whole<Uid::rep>("charged_uid"));
  group.watches = in_.number_or_null("watches");
  group.age = milliseconds("age_ms");
  in_.in_or_null("queue", [&] {
    group.queue = census::Queue{.length = in_.number("length"), .limit = in_.number("limit")};
  });
  return group;
}

census::Unheld RecordParser::unheld() {
  census::Unheld unheld{.resource = resource()};
  const std::string cause = in_.text("cause");
  const auto* const known = std::ranges::find(census::kUnheldCauses, cause);
  if (known == census::kUnheldCauses.end()) {
    in_.refuse("cause", '"' + cause + '"', "one that this kcommons knows");
  } else {
    unheld.cause = *known;
  }
  unheld.amount = in_.number("amount");
  unheld.charged_uid = Uid(whole<Uid::rep>("charged_uid"));
  return unheld;
}

// Each list after those that its indices lead into.
void RecordParser::read_census_lists(Census& census) {
  read_list<cgroup::Placement>("placements", census.placements, [&] { return placement(); });
  read_list<census::UserNamespace>("user_namespaces", census.user_namespaces,
                                   [&] { return user_namespace(); });
  check_chains(census.user_namespaces);
  read_list<census::ProcessRecord>("processes", census.processes, [&] { return process(census); });
  read_list<census::NotifyGroup>("notify_groups", census.notify_groups,
                                 [&] { return notify_group(census); });
  read_list<census::HeldObject>("objects", census.objects, [&] {
    return census::HeldObject{.resource = resource(),
                              .process = index_always("process", census.processes.size()),
                              .amount = in_.number("amount"),
                              .charged_uid = Uid(whole<Uid::rep>("charged_uid"))};
  });
  read_list<census::HeldByNetwork>("by_network", census.by_network, [&] {
    return census::HeldByNetwork{.resource = resource(),
                                 .net_ns = NetNsInode(in_.number("net_ns")),
                                 .amount = in_.number("amount")};
  });
  read_list<census::Unheld>("unheld", census.unheld, [&] { return unheld(); });
  read_list<census::CpuDrops>("cpu_drops", census.cpu_drops, [&] {
    return census::CpuDrops{.cpu = whole<std::uint32_t>("cpu"), .packets = in_.number("packets")};
  });
  read_list<census::NetworkDrops>("network_drops", census.network_drops, [&] {
    return census::NetworkDrops{.net_ns = NetNsInode(in_.number("net_ns")),
                                .packets = in_.number("packets")};
  });
}

Census RecordParser::read_census() {
  Census census;
  in_.in("census", [&] {
    census.taken_at = time("taken_at");
    census.exact = in_.flag("exact");
    census.cgroup_namespace_private = in_.flag("cgroup_namespace_private");
    census.readings = readings();
    census.charges = charges();
    in_.each("names", [&] { read_names(census.names); });
    if (in_.flag("users_known")) census.user_names = users();
    read_census_lists(census);
    if (in_.number_or_null("mappings_age_ms")) {
      census.mappings_age = milliseconds("mappings_age_ms");
    }
    census.unseen = counts<census::Unseen, census::kUnseenCount>("unseen");
    census.failures = failures();
  });
  return census;
}

census::PoolsReading RecordParser::read_pools() {
  census::PoolsReading pools;
  in_.in("pools", [&] {
    pools.taken_at = time("taken_at");
    pools.readings = readings();
    pools.charges = charges();
    pools.failures = failures();
  });
  return pools;
}

void RecordParser::read_version() {
  constexpr std::string_view kKey = "kcommons_recording";
  const std::uint64_t version = in_.number(kKey);
  if (version != kRecordingVersion) {
    in_.refuse(kKey, fmt::format("{}", version), fmt::format("{}", kRecordingVersion));
  }
}

Result<Record> RecordParser::parse() {
  read_version();
  if (in_.error()) return fail(*in_.error());  // of another version nothing else is sure
  Record record{.pools = read_pools(), .census = read_census()};
  if (in_.error()) return fail(*in_.error());
  return record;
}

}  // namespace

Result<Record> parse_record(std::string_view line) {
  try {
    return RecordParser(Json::parse(line)).parse();
  } catch (const Json::exception& error) {
    return fail(Error::other(fmt::format("no JSON: {}", error.what())));
  }
}

}  // namespace kcommons::report
