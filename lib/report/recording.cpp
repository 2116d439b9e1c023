#include "report/recording.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "catalogue/catalogue.hpp"
#include "report/json.hpp"

namespace kcommons::report {

namespace {

using catalogue::Limit;
using census::Census;

Json limit_json(const std::optional<Limit>& limit) {
  return limit ? Json{{"value", or_null(limit->value)}} : Json(nullptr);
}

// Of an index that may lead nowhere.
Json index_json(std::uint32_t index) {
  return index == census::kNoIndex ? Json(nullptr) : Json(index);
}

std::string_view resource_name(catalogue::ResourceId id) {
  return catalogue::resource(id).name;
}

Json readings_json(const census::Readings& readings) {
  Json out = Json::array();
  for (const catalogue::Resource& resource : catalogue::kResources) {
    const census::Reading& reading = readings[catalogue::index_of(resource.id)];
    if (!reading.used && !reading.limit) continue;
    out.push_back({{"resource", resource.name},
                   {"used", or_null(reading.used)},
                   {"limit", limit_json(reading.limit)}});
  }
  return out;
}

Json charges_json(const std::vector<census::Charge>& charges) {
  Json out = Json::array();
  for (const census::Charge& charge : charges) {
    out.push_back({{"resource", resource_name(charge.resource)},
                   {"user_ns", charge.user_ns.value()},
                   {"uid", charge.uid.value()},
                   {"used", charge.used},
                   {"limit", limit_json(charge.limit)}});
  }
  return out;
}

// Those that are not 0, by name.
template <class Key, std::size_t kSize>
Json counts_json(const std::array<std::uint64_t, kSize>& counts) {
  Json out = Json::array();
  for (std::size_t i = 0; i < kSize; ++i) {
    if (counts[i] == 0) continue;
    out.push_back({{"name", name_of(static_cast<Key>(i))}, {"count", counts[i]}});
  }
  return out;
}

Json failures_json(const census::Failures& failures) {
  return {{"by_kind", counts_json<ErrorKind>(failures.by_kind)}, {"first", safe(failures.first)}};
}

Json container_json(const std::optional<cgroup::Container>& container) {
  if (!container) return nullptr;
  return {{"runtime", name_of(container->runtime)},
          {"id", safe(container->id)},
          {"name", safe(container->name)},
          {"pod_uid", safe(container->pod_uid)},
          {"qos", safe(container->qos)},
          {"space", safe(container->space)}};
}

Json placement_json(const cgroup::Placement& placement) {
  return {{"container", container_json(placement.container)},
          {"parent", container_json(placement.parent)},
          {"role", name_of(placement.role)},
          {"unit", safe(placement.unit)},
          {"slice", safe(placement.slice)},
          {"session_uid", or_null(placement.session_uid)},
          {"path", safe(placement.path)},
          {"deleted", placement.deleted},
          {"outside_namespace", placement.outside_namespace}};
}

Json names_json(const census::ContainerKey& key, const census::ContainerNames& names) {
  Json labels = Json::array();
  for (const auto& [name, value] : names.labels) {
    labels.push_back({{"name", safe(name)}, {"value", safe(value)}});
  }
  return {{"runtime", name_of(key.runtime)},
          {"id", safe(key.id)},
          {"space", safe(key.space)},
          {"container", safe(names.container)},
          {"pod", safe(names.pod)},
          {"namespace", safe(names.pod_namespace)},
          {"pod_uid", safe(names.pod_uid)},
          {"image", safe(names.image)},
          {"compose_project", safe(names.compose_project)},
          {"compose_service", safe(names.compose_service)},
          {"sandbox", names.sandbox},
          {"labels", std::move(labels)}};
}

Json user_limits_json(const census::UserLimits& limits) {
  return {{"processes", limit_json(limits.processes)},
          {"pending_signals", limit_json(limits.pending_signals)},
          {"mqueue_bytes", limit_json(limits.mqueue_bytes)},
          {"locked_memory_bytes", limit_json(limits.locked_memory_bytes)}};
}

Json user_namespace_json(const census::UserNamespace& user_ns) {
  return {{"inode", user_ns.inode.value()},
          {"outer", index_json(user_ns.outer)},
          {"owner", user_ns.owner.value()},
          {"user_limits", user_limits_json(user_ns.user_limits)}};
}

Json process_json(const census::ProcessRecord& process) {
  const auto by_type = process.by_type.value_or(census::DescriptorCounts{});
  return {{"pid", process.pid.value()},
          {"parent", process.parent.value()},
          {"start_time", process.start_time},
          {"placement", process.placement},
          {"user_ns", index_json(process.user_ns)},
          {"effective_uid", process.effective_uid.value()},
          {"real_uid", process.real_uid.value()},
          {"net_ns", process.net_ns.value()},
          {"alive", process.alive},
          {"privileges", process.privileges},
          {"threads", process.threads},
          {"user_limits", user_limits_json(process.user_limits)},
          {"descriptors", or_null(process.descriptors)},
          {"by_type_known", process.by_type.has_value()},
          {"by_type", counts_json<census::DescriptorType>(by_type)},
          {"descriptor_limit", limit_json(process.descriptor_limit)},
          {"table_descriptors", process.table_descriptors},
          {"files", process.files}};
}

Json notify_group_json(const census::NotifyGroup& group) {
  Json holders = Json::array();
  for (const std::uint32_t process : group.holders) holders.push_back({{"process", process}});
  Json queue = nullptr;
  if (group.queue) queue = {{"length", group.queue->length}, {"limit", group.queue->limit}};
  return {{"fanotify", group.kind == census::NotifyGroup::Kind::kFanotify},
          {"holders", std::move(holders)},
          {"creator", index_json(group.creator)},
          {"user_ns", index_json(group.user_ns)},
          {"charged_uid", group.charged_uid.value()},
          {"watches", or_null(group.watches)},
          {"age_ms", group.age.count()},
          {"queue", std::move(queue)}};
}

// A list of what `make` makes of each.
template <class Item, class Make>
Json list_json(const std::vector<Item>& items, const Make& make) {
  Json out = Json::array();
  for (const Item& item : items) out.push_back(make(item));
  return out;
}

Json object_json(const census::HeldObject& object) {
  return {{"resource", resource_name(object.resource)},
          {"process", object.process},
          {"amount", object.amount},
          {"charged_uid", object.charged_uid.value()}};
}

Json by_network_json(const census::HeldByNetwork& held) {
  return {{"resource", resource_name(held.resource)},
          {"net_ns", held.net_ns.value()},
          {"amount", held.amount}};
}

Json unheld_json(const census::Unheld& unheld) {
  return {{"resource", resource_name(unheld.resource)},
          {"cause", unheld.cause},
          {"amount", unheld.amount},
          {"charged_uid", unheld.charged_uid.value()}};
}

Json users_json(const std::shared_ptr<const census::UserNames>& users) {
  Json out = Json::array();
  if (!users) return out;
  for (const auto& [uid, name] : *users) {
    out.push_back({{"uid", uid.value()}, {"name", safe(name)}});
  }
  return out;
}

Json all_names_json(const census::NamesOfContainers& all) {
  Json out = Json::array();
  for (const auto& [key, names] : all) {
    if (names) out.push_back(names_json(key, *names));
  }
  return out;
}

Json pools_json(const census::PoolsReading& pools) {
  return {{"taken_at", time_text(pools.taken_at)},
          {"readings", readings_json(pools.readings)},
          {"charges", charges_json(pools.charges)},
          {"failures", failures_json(pools.failures)}};
}

Json census_json(const Census& census) {
  Json mappings_age = nullptr;
  if (census.mappings_age) mappings_age = census.mappings_age->count();
  return {{"taken_at", time_text(census.taken_at)},
          {"exact", census.exact},
          {"cgroup_namespace_private", census.cgroup_namespace_private},
          {"readings", readings_json(census.readings)},
          {"charges", charges_json(census.charges)},
          {"placements", list_json(census.placements, placement_json)},
          {"names", all_names_json(census.names)},
          {"users_known", census.user_names != nullptr},
          {"users", users_json(census.user_names)},
          {"user_namespaces", list_json(census.user_namespaces, user_namespace_json)},
          {"processes", list_json(census.processes, process_json)},
          {"notify_groups", list_json(census.notify_groups, notify_group_json)},
          {"objects", list_json(census.objects, object_json)},
          {"by_network", list_json(census.by_network, by_network_json)},
          {"unheld", list_json(census.unheld, unheld_json)},
          {"cpu_drops", list_json(census.cpu_drops,
                                  [](const census::CpuDrops& drops) {
                                    return Json{{"cpu", drops.cpu}, {"packets", drops.packets}};
                                  })},
          {"network_drops",
           list_json(census.network_drops,
                     [](const census::NetworkDrops& drops) {
                       return Json{{"net_ns", drops.net_ns.value()}, {"packets", drops.packets}};
                     })},
          {"mappings_age_ms", std::move(mappings_age)},
          {"unseen", counts_json<census::Unseen>(census.unseen)},
          {"failures", failures_json(census.failures)}};
}

}  // namespace

std::string record_line(const Record& record) {
  const Json document{{"kcommons_recording", kRecordingVersion},
                      {"pools", pools_json(record.pools)},
                      {"census", census_json(record.census)}};
  return document.dump();
}

}  // namespace kcommons::report
