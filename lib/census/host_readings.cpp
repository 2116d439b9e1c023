#include "census/host_readings.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "base/text.hpp"
#include "procfs/bridge_ports.hpp"
#include "procfs/cgroups.hpp"
#include "procfs/key_users.hpp"
#include "procfs/loadavg.hpp"
#include "procfs/neighbour_stat.hpp"
#include "procfs/sockstat.hpp"
#include "procfs/softnet_stat.hpp"
#include "procfs/sysctl.hpp"

namespace kcommons::census {

namespace {

using catalogue::Limit;
using catalogue::ResourceId;
using catalogue::Scope;
using Part = HostReadings::Part;
using Value = HostReadings::Value;
using Parse = HostReadings::Parse;

// MEM_CGROUP_ID_MAX of include/linux/memcontrol.h.
constexpr std::uint64_t kMaxMemoryCgroups = 65535;
// 2^MINORBITS of include/linux/kdev_t.h, for devices without partitions.
constexpr std::uint64_t kMaxLoopDevices = 1U << 20U;

constexpr const char* kFileNr = "sys/fs/file-nr";
constexpr const char* kKeyUsers = "key-users";
constexpr const char* kSoftnetStat = "net/softnet_stat";

Value whole(const Result<std::uint64_t>& number) {
  if (!number) return fail(number.error());
  return std::optional(*number);
}

Value number(std::string_view text) {
  return whole(procfs::parse_sysctl_u64(text));
}

// 0 is no limit (fs/pipe.c, too_many_pipe_buffers_soft).
Value number_or_none(std::string_view text) {
  auto value = number(text);
  if (value && *value == 0U) return std::optional<std::uint64_t>{};
  return value;
}

// Three numbers: below, under pressure, the most (tcp(7), tcp_mem).
Value third_number(std::string_view text) {
  std::string_view words = text::trim(text);
  const auto low = text::parse_number<std::uint64_t>(text::take_word(words));
  const auto pressure = text::parse_number<std::uint64_t>(text::take_word(words));
  const auto most = text::parse_number<std::uint64_t>(text::take_word(words));
  const bool is_whole = text.ends_with('\n') && text::take_word(words).empty();
  if (!low || !pressure || !most || !is_whole) {
    return fail(Error::malformed("parse three numbers", text));
  }
  return most;
}

template <auto kParse>
Value parsed(std::string_view text) {
  return whole(kParse(text));
}
Value memory_cgroups(std::string_view text) {
  return procfs::parse_memory_cgroups(text);
}
Value tcp_memory(std::string_view text) {
  return whole(procfs::parse_sockstat(text, "TCP", "mem"));
}
Value udp_memory(std::string_view text) {
  return whole(procfs::parse_sockstat(text, "UDP", "mem"));
}
Value tcp_orphans(std::string_view text) {
  return whole(procfs::parse_sockstat(text, "TCP", "orphan"));
}

struct Row {
  ResourceId resource;
  Part part;
  std::string_view path;
  Parse parse;
};
// Beside the limits that are the sysctl of their row in the catalogue.
constexpr std::array kRows{
    Row{ResourceId::kAioEvents, Part::kUsed, "sys/fs/aio-nr", number},
    Row{ResourceId::kThreads, Part::kUsed, "loadavg", parsed<procfs::parse_total_threads>},
    Row{ResourceId::kPids, Part::kUsed, "loadavg", parsed<procfs::parse_total_threads>},
    Row{ResourceId::kPtys, Part::kUsed, "sys/kernel/pty/nr", number},
    Row{ResourceId::kPtys, Part::kPtyReserve, "sys/kernel/pty/reserve", number},
    Row{ResourceId::kNeighboursIpv4, Part::kUsed, "net/stat/arp_cache",
        parsed<procfs::parse_neighbour_entries>},
    Row{ResourceId::kNeighboursIpv6, Part::kUsed, "net/stat/ndisc_cache",
        parsed<procfs::parse_neighbour_entries>},
    Row{ResourceId::kTcpMemoryPages, Part::kUsed, "net/sockstat", tcp_memory},
    Row{ResourceId::kUdpMemoryPages, Part::kUsed, "net/sockstat", udp_memory},
    Row{ResourceId::kTcpOrphans, Part::kUsed, "net/sockstat", tcp_orphans},
    Row{ResourceId::kConntrackEntries, Part::kUsed, "sys/net/netfilter/nf_conntrack_count", number},
    Row{ResourceId::kMemoryCgroups, Part::kUsed, "cgroups", memory_cgroups},
};

Parse limit_parser(ResourceId id) {
  switch (id) {
    case ResourceId::kTcpMemoryPages:
    case ResourceId::kUdpMemoryPages:
      return third_number;
    case ResourceId::kPipePages:
    // __nf_conntrack_alloc of net/netfilter/nf_conntrack_core.c
    case ResourceId::kConntrackEntries:
      return number_or_none;
    default:
      return number;
  }
}

// The limits of these come with their use.
bool has_limit_of_its_own(ResourceId id) {
  return id == ResourceId::kOpenFiles || id == ResourceId::kKeys || id == ResourceId::kKeyBytes ||
         id == ResourceId::kInotifyQueuedEvents;
}

// "fs.file-max" → "sys/fs/file-max"
std::string path_of(std::string_view sysctl) {
  std::string path = "sys/" + std::string(sysctl);
  std::ranges::replace(path, '.', '/');
  return path;
}

Reading& of(Readings& readings, ResourceId id) {
  return readings[catalogue::index_of(id)];
}

Result<std::string_view> read(const Result<procfs::KernelFile>& file, std::string& buffer) {
  if (!file) return fail(file.error());
  return file->read(buffer);
}

bool is_missing(const Result<procfs::KernelFile>& file) {
  return !file && file.error().kind() == ErrorKind::kGone;
}

}  // namespace

HostReadings::HostReadings(int proc_fd, std::string sysfs)
    : proc_fd_(proc_fd),
      file_nr_(procfs::KernelFile::open(proc_fd, kFileNr)),
      key_users_(procfs::KernelFile::open(proc_fd, kKeyUsers)),
      softnet_stat_(procfs::KernelFile::open(proc_fd, kSoftnetStat)),
      sysfs_(std::move(sysfs)) {
  for (const Row& row : kRows) {
    add_field(std::string(row.path),
              {.resource = row.resource, .part = row.part, .parse = row.parse});
  }
  for (const catalogue::Resource& row : catalogue::kResources) {
    if (row.sysctl.empty() || has_limit_of_its_own(row.id)) continue;
    add_field(path_of(row.sysctl),
              {.resource = row.id, .part = Part::kLimit, .parse = limit_parser(row.id)});
  }
  // The first read() has them too. What fails is counted by the first census, which asks again.
  loop_devices_ = procfs::count_loop_devices(sysfs_ + "/block").value_or(std::nullopt);
  bridge_ports_ = procfs::count_bridge_ports(sysfs_ + "/class/net").value_or(std::nullopt);
}

void HostReadings::add_field(std::string path, Field field) {
  const auto known = std::ranges::find(files_, path, &File::path);
  if (known != files_.end()) {
    known->fields.push_back(field);
    return;
  }
  auto file = procfs::KernelFile::open(proc_fd_, path);
  files_.push_back({.path = std::move(path), .file = std::move(file), .fields = {field}});
}

void HostReadings::read_file_nr(Readings& readings, Failures& failures) {
  const auto text = census::read(file_nr_, buffer_);
  const auto file_nr =
      text ? procfs::parse_file_nr(*text) : Result<procfs::FileNr>(fail(text.error()));
  if (!file_nr) {
    failures.count(file_nr.error());
    return;
  }
  of(readings, ResourceId::kOpenFiles) = {.used = file_nr->allocated,
                                          .limit = Limit{file_nr->limit}};
}

// A file that is gone though it was opened was one of a module that was unloaded (grab_header of
// fs/proc/proc_sysctl.c). When that is back its files are others.
void HostReadings::read_fields(File& file, Readings& readings, Failures& failures) {
  const auto text = census::read(file.file, buffer_);
  if (!text) {
    if (text.error().kind() == ErrorKind::kGone) {
      file.file = fail(text.error());
    } else {
      failures.count(text.error());
    }
    return;
  }
  for (const Field& field : file.fields) {
    const auto value = field.parse(*text);
    if (!value) {
      failures.count(value.error().during(file.path));
      continue;
    }
    Reading& reading = of(readings, field.resource);
    switch (field.part) {
      case Part::kUsed:
        reading.used = *value;
        break;
      case Part::kLimit:
        reading.limit = Limit{*value};
        break;
      case Part::kPtyReserve:
        pty_reserve_ = *value;
        break;
    }
  }
}

// Each CPU has a backlog of its own: the fullest is the pool. It holds one packet more than the
// limit before the kernel drops any (enqueue_to_backlog of net/core/dev.c).
void HostReadings::read_backlog(Readings& readings, Failures& failures) {
  if (is_missing(softnet_stat_)) return;
  const auto text = census::read(softnet_stat_, buffer_);
  const auto stat =
      text ? procfs::parse_softnet_stat(*text) : Result<procfs::SoftnetStat>(fail(text.error()));
  if (!stat) {
    failures.count(stat.error());
    return;
  }
  cpu_drops_.update(*stat);
  std::optional<std::uint64_t>& used = of(readings, ResourceId::kPacketBacklog).used;
  for (const procfs::SoftnetCpu& cpu : stat->cpus) {
    if (cpu.backlog) used = std::max<std::uint64_t>(used.value_or(0), *cpu.backlog);
  }
}

void HostReadings::add_fixed_limits(Readings& readings) const {
  Reading& cgroups = of(readings, ResourceId::kMemoryCgroups);
  if (cgroups.used) cgroups.limit = Limit{kMaxMemoryCgroups};
  if (loop_devices_ && loop_devices_->present > 0) {
    of(readings, ResourceId::kLoopDevices) = {.used = loop_devices_->bound,
                                              .limit = Limit{kMaxLoopDevices}};
  }
  if (bridge_ports_) {
    of(readings, ResourceId::kBridgePorts) = {.used = bridge_ports_,
                                              .limit = Limit{procfs::kMaxBridgePorts}};
  }
  std::optional<Limit>& ptys = of(readings, ResourceId::kPtys).limit;
  if (!ptys || !ptys->value) return;
  if (pty_reserve_) {
    *ptys->value -= std::min(*ptys->value, *pty_reserve_);
  } else {
    ptys.reset();
  }
}

bool HostReadings::tells_use(const std::vector<Field>& fields) {
  return std::ranges::find(fields, Part::kUsed, &Field::part) != fields.end();
}

Readings HostReadings::read(Failures& failures, CostMeter& cost) {
  Readings readings;
  pty_reserve_.reset();
  read_file_nr(readings, failures);
  cost.done(kFileNr);
  for (File& file : files_) {
    if (is_missing(file.file) || !tells_use(file.fields)) continue;
    read_fields(file, readings, failures);
    cost.done(file.path);
  }
  // Each costs as little as the next: told by name, the telling would cost more.
  for (File& file : files_) {
    if (!is_missing(file.file) && !tells_use(file.fields)) read_fields(file, readings, failures);
  }
  cost.done("limits");
  read_backlog(readings, failures);
  cost.done(kSoftnetStat);
  add_fixed_limits(readings);
  return readings;
}

void HostReadings::read_keys(std::vector<Charge>& charges, Failures& failures, CostMeter& cost) {
  if (is_missing(key_users_)) return;  // a kernel without keys
  const auto text = census::read(key_users_, buffer_);
  const auto users = text ? procfs::parse_key_users(*text)
                          : Result<std::vector<procfs::KeyUser>>(fail(text.error()));
  if (!users) {
    failures.count(users.error());
    return;
  }
  for (const procfs::KeyUser& user : *users) {
    charges.push_back({.resource = ResourceId::kKeys,
                       .user_ns = kInitialUserNs,
                       .uid = user.uid,
                       .used = user.keys,
                       .limit = Limit{user.max_keys}});
    charges.push_back({.resource = ResourceId::kKeyBytes,
                       .user_ns = kInitialUserNs,
                       .uid = user.uid,
                       .used = user.bytes,
                       .limit = Limit{user.max_bytes}});
  }
  cost.done(kKeyUsers);
}

void HostReadings::open_missing() {
  const auto open = [this](const std::string& path, Result<procfs::KernelFile>& file) {
    if (file) return;
    auto found = procfs::KernelFile::open(proc_fd_, path);
    // When no descriptor can be opened any more, a file that was missing still is.
    if (found || found.error().kind() != ErrorKind::kExhausted) file = std::move(found);
  };
  open(kFileNr, file_nr_);
  open(kKeyUsers, key_users_);
  open(kSoftnetStat, softnet_stat_);
  for (File& file : files_) open(file.path, file.file);
}

// When no descriptor can be opened any more, what was known is worth more than nothing.
void HostReadings::count_devices(Failures& failures, CostMeter& cost) {
  const auto forget = [&failures](auto& count, const Error& error) {
    failures.count(error);
    if (error.kind() != ErrorKind::kExhausted) count.reset();
  };
  if (const auto devices = procfs::count_loop_devices(sysfs_ + "/block"); devices) {
    loop_devices_ = *devices;
  } else {
    forget(loop_devices_, devices.error());
  }
  if (const auto ports = procfs::count_bridge_ports(sysfs_ + "/class/net"); ports) {
    bridge_ports_ = *ports;
  } else {
    forget(bridge_ports_, ports.error());
  }
  cost.done("devices");
}

}  // namespace kcommons::census
