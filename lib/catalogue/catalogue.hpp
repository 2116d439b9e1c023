// The table of kernel resources that containers on one host fight over: one row each, and
// everything that is said about a resource anywhere (metrics, README, page, audit) is said there.
// Constant data. README.md beside it says where the facts come from.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace kcommons::catalogue {

enum class ResourceId : std::uint8_t {
  kOpenFiles,
  kInotifyInstances,
  kInotifyWatches,
  kInotifyQueuedEvents,
  kFanotifyGroups,
  kFanotifyMarks,
  kEpollWatches,
  kPipePages,
  kAioEvents,
  kThreads,
  kPids,
  kUserProcesses,
  kPendingSignals,
  kMqueueBytes,
  kLockedMemoryBytes,
  kPinnedMemoryBytes,
  kUnixInflight,
  kKeys,
  kKeyBytes,
  kPtys,
  kUserNamespaces,
  kPidNamespaces,
  kUtsNamespaces,
  kIpcNamespaces,
  kNetNamespaces,
  kMntNamespaces,
  kCgroupNamespaces,
  kTimeNamespaces,
  kNeighboursIpv4,
  kNeighboursIpv6,
  kPacketBacklog,
  kBridgePorts,
  kTcpMemoryPages,
  kUdpMemoryPages,
  kTcpOrphans,
  kConntrackEntries,
  kMemoryCgroups,
  kLoopDevices,
};
inline constexpr std::size_t kResourceCount = 38;

constexpr std::size_t index_of(ResourceId id) {
  return static_cast<std::size_t>(id);
}

// What one counter, and so one pool, stands for.
enum class Scope : std::uint8_t {
  kHost,    // the machine
  kUser,    // a UID in a user namespace; a charge goes to every level up to the initial one
  kUid,     // a UID, whatever the user namespace
  kObject,  // each CPU, bridge or instance by itself; the fullest one is the pool that is served
};
std::string_view name_of(Scope scope);

// Of the process that takes something, the UID that is charged for it.
enum class Charged : std::uint8_t {
  kNobody,        // no user is
  kEffectiveUid,  // current_euid(), or the file system UID that follows it
  kRealUid,       // cred->user and cred->ucounts, which go by the real UID
};

// Who is not held to the limit. Capabilities count in the initial user namespace alone.
enum class Bypass : std::uint8_t {
  kNobody,
  kSysAdmin,               // CAP_SYS_ADMIN
  kSysAdminOrResource,     // that, or CAP_SYS_RESOURCE
  kRootOrAdminOrResource,  // those, or UID 0 of the initial user namespace
  kIpcLock,                // CAP_IPC_LOCK
};

// How far holdings can be told.
enum class Accuracy : std::uint8_t {
  kNone,  // only the pool as a whole, where it can be read at all
  kEstimate,
  kExact,
};
std::string_view name_of(Accuracy accuracy);

// What a container can be given that makes the limit its own. `kcommons audit --subtract` asks the
// kernel whether it is so.
enum class Isolation : std::uint8_t {
  kNothing,
  kUserNamespace,  // in part: the owner of the namespace is charged outside as well
  kNetNamespace,
  kPidNamespace,
};
std::string_view name_of(Isolation isolation);

struct Resource {
  ResourceId id{};
  std::string_view name;  // value of the label `resource`
  std::string_view unit;  // what one unit of it is
  Scope scope{};
  Charged charged = Charged::kNobody;
  Bypass bypass = Bypass::kNobody;
  std::string_view sysctl;  // what raises the limit, as sysctl(8) names it; empty where none does
  std::string_view limit;   // what the limit is, or where it comes from
  std::string_view use;     // where what is used is read
  Isolation isolation = Isolation::kNothing;
  std::string_view isolated_by;  // what gives a container a pool of its own, or bounds it
  std::string_view since;        // the kernel from which on that does; empty: always, or never
  std::string_view error;        // what a victim is told: an errno, or in a word what happens
  std::string_view symptom;      // which calls fail, and what people see
  Accuracy bpf{};
  Accuracy procfs{};
  std::string_view remedy;       // beside the sysctl, or in its place
  std::uint32_t bytes_each = 0;  // kernel memory that one unit takes; 0: not to speak of
};

// By ResourceId.
extern const std::array<Resource, kResourceCount> kResources;

inline const Resource& resource(ResourceId id) {
  return kResources[index_of(id)];
}

// The resource of that name; empty where there is none.
std::optional<ResourceId> find_resource(std::string_view name);

// A limit that was read. Empty means that the kernel enforces none (file-max of LONG_MAX), which
// is not the same as a limit that could not be read: that is an empty optional<Limit>.
struct Limit {
  std::optional<std::uint64_t> value;
  bool operator==(const Limit&) const = default;
};

// The table as a reader wants it, in markdown: what, scope, limit, isolation, error, attribution.
std::string resources_markdown();

}  // namespace kcommons::catalogue
