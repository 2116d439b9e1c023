// A census: the raw records of one pass over all processes, whichever source made it, and the
// smaller reading of the pools that is made every second. Plain data, owned by the caller.
//
// Processes are ordered by age, the oldest first (start time, then PID), so that "the oldest
// process that holds it" is the lowest index. Kernel threads have no part in it.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "base/ids.hpp"
#include "base/result.hpp"
#include "catalogue/catalogue.hpp"
#include "census/cost.hpp"
#include "cgroup/placement.hpp"
#include "procfs/fd.hpp"

namespace kcommons::census {

using DescriptorType = procfs::FdType;
using DescriptorCounts = std::array<std::uint64_t, procfs::kFdTypeCount>;

// Use and limit of one resource where the kernel keeps one number for the host, or one limit for
// all users. What could not be read, or is not on this machine, is empty.
struct Reading {
  std::optional<std::uint64_t> used;
  std::optional<catalogue::Limit> limit;
};
using Readings = std::array<Reading, catalogue::kResourceCount>;

// Why a fact of a process, or a process, is not in the books.
enum class Unseen : std::uint8_t {
  kVanished,           // the process ended while it was read: usual, not an error
  kDescriptorsDenied,  // descriptors are counted, or not even that, but not told apart
  kInotifyDenied,      // its inotify instances could not be looked for
  kUserNsDenied,       // its user namespace, and so the pools it charges, is not known
  kInotifyUnreadable,  // what fdinfo says of an inotify instance makes no sense, or is missing
  kInotifyBudget,      // an inotify instance is not read yet: the time for it was used up
  kHidden,             // threads that the kernel counts but procfs does not list
};
inline constexpr std::size_t kUnseenCount = 7;
std::string_view name_of(Unseen reason);
using UnseenCounts = std::array<std::uint64_t, kUnseenCount>;

// Reads that failed for another reason than the process being gone, by ErrorKind.
inline constexpr std::size_t kErrorKindCount = 5;
struct Failures {
  std::array<std::uint64_t, kErrorKindCount> by_kind{};
  std::string first;  // the first message of each pass, for the log

  void count(const Error& error);
  [[nodiscard]] std::uint64_t total() const;
};

// What the kernel itself has charged to one user: in one user namespace (struct ucounts of
// kernel/ucount.c), or in all of them (struct user_struct, struct key_user).
struct Charge {
  catalogue::ResourceId resource{};
  UserNsInode user_ns;  // of a resource that is charged whatever the namespace, the initial one
  Uid uid;
  std::uint64_t used = 0;
  // Of this user alone; empty where all users have one, or where it is one of their processes'.
  std::optional<catalogue::Limit> limit;
};

// Packets that were dropped because too many waited for a CPU already, since the machine started as
// far as the kernel tells. Never falls.
struct CpuDrops {
  std::uint32_t cpu = 0;
  std::uint64_t packets = 0;
};

// Packets on their way to or from a network namespace that were dropped by the device that received
// them: one in it, or one outside whose other end is in it. Never falls while the namespace lives.
struct NetworkDrops {
  NetNsInode net_ns;
  std::uint64_t packets = 0;
};

// Walks that were made ahead, for when no descriptor can be opened, and are left.
struct WalksReady {
  std::string_view kind;  // holdings, mappings
  std::size_t left = 0;
};

struct PoolsReading {
  WallTime taken_at;
  Readings readings;
  // Of the outermost user namespace, and of others where they have a limit of their own. What is
  // charged to a user none of whose processes live is missing: only a census finds that.
  std::vector<Charge> charges;
  Failures failures;
  ReaderCosts costs;
  std::vector<WalksReady> walks_ready;  // of a source that makes any
};

inline constexpr std::uint32_t kNoIndex = 0xFFFFFFFF;

// Soft limits of a process that bound what its user is charged for, in all its processes
// (getrlimit(2)). Empty: not known.
struct UserLimits {
  std::optional<catalogue::Limit> processes;            // RLIMIT_NPROC
  std::optional<catalogue::Limit> pending_signals;      // RLIMIT_SIGPENDING
  std::optional<catalogue::Limit> mqueue_bytes;         // RLIMIT_MSGQUEUE
  std::optional<catalogue::Limit> locked_memory_bytes;  // RLIMIT_MEMLOCK
};

struct UserNamespace {
  UserNsInode inode;
  // A charge to anyone in this namespace is one to `owner` in the namespace around it as well, and
  // so on outwards (inc_ucount of kernel/ucount.c).
  std::uint32_t outer = kNoIndex;  // index in Census::user_namespaces; kNoIndex: the outermost
  Uid owner;
  // The limits of who made it, to which `owner` is held for what is charged from within
  // (inc_rlimit_get_ucounts of kernel/ucount.c). No file of procfs has them.
  UserLimits user_limits;
};

// What lets a process pass limits: capabilities that it has in the initial user namespace, as bits.
enum Privilege : std::uint8_t {
  kSysAdmin = 1,
  kSysResource = 2,
  kIpcLock = 4,
};

struct ProcessRecord {
  Pid pid;
  Pid parent;
  std::uint64_t start_time = 0;      // clock ticks since boot
  std::uint32_t placement = 0;       // index in Census::placements
  std::uint32_t user_ns = kNoIndex;  // index in Census::user_namespaces; kNoIndex: not known
  Uid effective_uid;                 // both as the reader's user namespace sees them
  Uid real_uid;
  NetNsInode net_ns;            // 0: not known
  bool alive = true;            // false for a zombie without living threads
  std::uint8_t privileges = 0;  // bits of Privilege
  std::uint64_t threads = 0;    // living ones; PIDs in use for a zombie: 1
  UserLimits user_limits;
  std::optional<std::uint64_t> descriptors;          // of all its file tables
  std::optional<DescriptorCounts> by_type;           // the same, told apart
  std::optional<catalogue::Limit> descriptor_limit;  // RLIMIT_NOFILE, soft; empty: not known
  std::uint64_t table_descriptors = 0;  // of the main table alone: what descriptor_limit bounds
  // Distinct open files booked here: one held by several processes counts at the oldest.
  std::uint64_t files = 0;
};

// Events that wait to be read, and how many may.
struct Queue {
  std::uint64_t length = 0;
  std::uint64_t limit = 0;
};

// An inotify instance, or a fanotify group, whatever number of descriptors lead to it.
struct NotifyGroup {
  enum class Kind : std::uint8_t { kInotify, kFanotify };
  Kind kind = Kind::kInotify;
  std::vector<std::uint32_t> holders;  // indices in Census::processes, ascending
  // Where it was made, as index in Census::placements; kNoIndex: the source cannot tell, or that
  // cgroup is gone.
  std::uint32_t creator = kNoIndex;
  std::uint32_t user_ns = kNoIndex;  // of the creator, as far as the source can tell
  Uid charged_uid;                   // in user_ns, as the reader's namespace numbers it
  // Watches of inotify, marks of fanotify, as far as they are charged; empty: not read yet.
  std::optional<std::uint64_t> watches;
  std::chrono::milliseconds age{0};  // of `watches`, when kept from an earlier census
  std::optional<Queue> queue{};      // empty: the source cannot tell
};

// What else a process holds: a pipe, an epoll instance, a terminal, the memory of a socket. Held by
// several, it is the oldest one's.
struct HeldObject {
  catalogue::ResourceId resource{};
  std::uint32_t process = 0;  // index in Census::processes
  std::uint64_t amount = 0;   // units of the resource
  Uid charged_uid;            // of a resource that is charged to users
};

// What a network namespace holds, and so whoever it belongs to.
struct HeldByNetwork {
  catalogue::ResourceId resource{};
  NetNsInode net_ns;
  std::uint64_t amount = 0;
};

// Why something is held by no process: values of the label `cause` of kcommons_unattributed.
inline constexpr std::string_view kKernelThreads = "kernel_threads";
inline constexpr std::string_view kHiddenProcesses = "hidden_processes";
inline constexpr std::string_view kLoopDevices = "loop_devices";
inline constexpr std::array kUnheldCauses{kKernelThreads, kHiddenProcesses, kLoopDevices};

// What no process holds, as far as the kernel tells of it.
struct Unheld {
  catalogue::ResourceId resource{};
  std::string_view cause;  // one of kUnheldCauses
  std::uint64_t amount = 0;
  Uid charged_uid{};  // of a resource that is charged to users, in the outermost namespace
};

// What people call a container. Empty is what nobody tells.
struct ContainerNames {
  std::string container;
  std::string pod;
  std::string pod_namespace;
  std::string pod_uid;
  std::string image;
  std::string compose_project;
  std::string compose_service;
  bool sandbox = false;                       // holds the namespaces of its pod, and no workload
  std::map<std::string, std::string> labels;  // those that were asked for
};
// Which container, as its cgroup, or evidence, tells.
struct ContainerKey {
  cgroup::Runtime runtime{};
  std::string id;
  std::string space;
  auto operator<=>(const ContainerKey&) const = default;
};
ContainerKey key_of(const cgroup::Container& container);
using NamesOfContainers = std::map<ContainerKey, std::shared_ptr<const ContainerNames>>;

// What counts a thread, each by itself.
inline constexpr std::array kThreadResources{catalogue::ResourceId::kThreads,
                                             catalogue::ResourceId::kPids,
                                             catalogue::ResourceId::kUserProcesses};

using UserNames = std::map<Uid, std::string>;  // raw

struct Census {
  WallTime taken_at;
  Readings readings;            // taken in this pass; what the holdings add up to
  std::vector<Charge> charges;  // the same, of users
  // Holdings are the kernel's own charges, not estimates.
  bool exact = false;
  std::vector<cgroup::Placement> placements;
  NamesOfContainers names;  // filled by lib/identity; one that is missing is not known yet
  std::shared_ptr<const UserNames> user_names;  // likewise; null: not known yet
  std::vector<UserNamespace> user_namespaces;
  std::vector<ProcessRecord> processes;
  std::vector<NotifyGroup> notify_groups;
  std::vector<HeldObject> objects;
  std::vector<HeldByNetwork> by_network;
  std::vector<Unheld> unheld;
  std::vector<CpuDrops> cpu_drops;
  // By namespace. One that was not seen this time may be among them, with what it had.
  std::vector<NetworkDrops> network_drops;
  // Of what is known of files that are only mapped; empty where the source does not see them.
  std::optional<std::chrono::milliseconds> mappings_age;
  UnseenCounts unseen{};
  Failures failures;
  ReaderCosts costs;
  bool cgroup_namespace_private = false;
};

}  // namespace kcommons::census
