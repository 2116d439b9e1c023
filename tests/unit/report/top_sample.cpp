#include "top_sample.hpp"

#include <limits>
#include <utility>

#include "attribution/attributor.hpp"

namespace kcommons::report::test {

namespace {

using catalogue::ResourceId;
using census::Census;

cgroup::Placement container(std::string id, const std::string& pod_uid = {}) {
  cgroup::Placement placement;
  placement.path = "/system.slice/docker-" + id + ".scope";
  placement.container = cgroup::Container{
      .runtime = cgroup::Runtime::kDocker, .id = std::move(id), .pod_uid = pod_uid};
  return placement;
}

cgroup::Placement unit(std::string name) {
  cgroup::Placement placement;
  placement.unit = std::move(name);
  return placement;
}

std::uint32_t add_process(Census& census, std::uint32_t placement, std::uint32_t uid,
                          std::uint64_t files) {
  census::ProcessRecord process;
  process.pid = Pid(static_cast<int>(4000 + census.processes.size()));
  process.start_time = 77;
  process.placement = placement;
  process.user_ns = 0;
  process.effective_uid = process.real_uid = Uid(uid);
  process.threads = 2;
  process.files = files;
  census.processes.push_back(process);
  return static_cast<std::uint32_t>(census.processes.size() - 1);
}

void add_inotify(Census& census, std::uint32_t process, std::uint64_t watches) {
  census.notify_groups.push_back({.holders = {process},
                                  .user_ns = 0,
                                  .charged_uid = census.processes[process].effective_uid,
                                  .watches = watches});
}

void read(Census& census, ResourceId id, std::optional<std::uint64_t> used,
          std::optional<std::uint64_t> limit) {
  census.readings[catalogue::index_of(id)] = {.used = used, .limit = catalogue::Limit{limit}};
}

void charge(Census& census, ResourceId id, std::uint32_t uid, std::uint64_t used) {
  census.charges.push_back(
      {.resource = id, .user_ns = kInitialUserNs, .uid = Uid(uid), .used = used});
}

}  // namespace

Census busy_host(const std::string& name) {
  Census census;
  census.exact = true;
  census.user_namespaces.push_back({.inode = kInitialUserNs});
  census.placements = {container("0123456789abcdef" + name, "pod-" + name),
                       container("123456789abcdef0" + name, "pod-" + name),
                       container("23456789abcdef01" + name), unit("kubelet.service" + name),
                       unit("sshd.service" + name)};
  census.placements.push_back(census.placements[0]);
  census.placements.back().role = cgroup::Role::kRuntime;
  const auto web = add_process(census, 0, 33, 500);
  add_process(census, 1, 33, 200);
  add_process(census, 2, 1000, 100);
  const auto kubelet = add_process(census, 3, 0, 60);
  add_process(census, 4, 0, 40);
  add_process(census, 5, 0, 20);
  add_inotify(census, web, 30);
  add_inotify(census, kubelet, 100);
  add_inotify(census, kubelet, 20);
  census.objects.push_back(
      {.resource = ResourceId::kPipePages, .process = web, .amount = 16, .charged_uid = Uid(33)});
  read(census, ResourceId::kOpenFiles, 1000, std::nullopt);
  read(census, ResourceId::kInotifyInstances, std::nullopt, 128);
  read(census, ResourceId::kInotifyWatches, std::nullopt, 125);
  read(census, ResourceId::kPipePages, std::nullopt, 16384);
  read(census, ResourceId::kThreads, 15, 1000);
  read(census, ResourceId::kPids, 15, 32768);
  read(census, ResourceId::kMemoryCgroups, 40, 65535);
  charge(census, ResourceId::kInotifyInstances, 0, 3);
  charge(census, ResourceId::kInotifyInstances, 33, 1);
  charge(census, ResourceId::kInotifyWatches, 0, 121);
  charge(census, ResourceId::kInotifyWatches, 33, 30);
  charge(census, ResourceId::kPipePages, 33, 16);
  census.unheld.push_back(
      {.resource = ResourceId::kOpenFiles, .cause = "loop_devices", .amount = 3});
  return census;
}

Top top_of(const Census& census, const TopQuery& query) {
  constexpr auto kMost = std::numeric_limits<std::size_t>::max();
  const auto snapshot =
      attribution::Attributor({kMost, kMost, kMost, kMost}, 0.5).attribute(census);
  return make_top(census, snapshot, {.name = "bpf", .reason = "auto: it loads here"}, query);
}

}  // namespace kcommons::report::test
