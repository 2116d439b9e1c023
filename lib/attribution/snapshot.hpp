// The immutable result of one census after attribution. Everything that is served is rendered
// from one snapshot; it is handed over as shared_ptr<const Snapshot> and safe to read from any
// thread. Text in it is raw: exposition and pages make it safe for their form.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/ids.hpp"
#include "catalogue/catalogue.hpp"
#include "census/census.hpp"
#include "cgroup/placement.hpp"

namespace kcommons::attribution {

// The name of the bucket that takes what is cut off by the limits on series.
inline constexpr std::string_view kOther = "_other";

// The name of the container that a pod's sandbox is.
inline constexpr std::string_view kSandbox = "POD";

// Who holds: a container, or a host group (a systemd unit, slice or session, or a cgroup path).
struct Holder {
  enum class Kind : std::uint8_t { kContainer, kHost };
  Kind kind = Kind::kHost;
  std::string unit;  // of a host group; empty for a container

  // Of a container. All five stand on every series about it, empty ones too.
  std::string container_id;
  std::string runtime;
  std::string container;
  std::string pod;
  std::string pod_namespace;
  std::string space;  // of containerd, the namespace in which the id is unique
  // For kcommons_container_info only.
  std::string image;
  std::string compose_project;
  std::string compose_service;
  std::map<std::string, std::string> labels;  // its own, of Snapshot::copied_labels
  std::string pod_uid;
  std::string parent_id;  // the container around it
  std::string cgroup;     // the path that told
  bool sandbox = false;   // holds the namespaces of its pod
  bool named = false;     // `container` is its name, not the beginning of its id

  // A container's own processes, and what a shim, conmon or monitor holds on its behalf, are
  // two series of one container.
  struct Part {
    std::uint64_t processes = 0;
    std::uint64_t descriptors = 0;
    std::optional<census::DescriptorCounts> by_type;
  };
  Part workload;
  Part runtime_part;
  // Packets that its network namespaces have lost, since it has been seen; empty where it owns
  // none.
  std::optional<std::uint64_t> receive_dropped;
  // The worst process's descriptors / RLIMIT_NOFILE; empty when no process has a limit.
  std::optional<double> descriptor_limit_ratio;
};

inline bool is_container(const Holder& holder) {
  return holder.kind == Holder::Kind::kContainer;
}

// What was cut. A container may be called the same, and has a runtime.
inline bool is_other(const Holder& holder) {
  if (!is_container(holder)) return holder.unit == kOther;
  return holder.container_id == kOther && holder.runtime.empty();
}

struct Holding {
  std::uint32_t holder = 0;  // index in Snapshot::holders
  cgroup::Role role = cgroup::Role::kWorkload;
  std::uint64_t used = 0;
};

struct Unattributed {
  std::string_view cause;
  std::int64_t amount = 0;  // negative where holdings exceed what the kernel counts
};

// How a pool has grown lately. Negative where it shrinks.
struct Growth {
  double per_second = 0;         // in units of the resource
  std::chrono::seconds over{0};  // the time in which that was seen
};

struct Pool {
  catalogue::ResourceId resource{};
  std::string userns;  // "" for a pool of the host, "initial", or an inode
  std::string uid;     // "" for a pool of the host; "_other" for what was cut
  std::optional<std::uint64_t> used_at_census;  // empty where it could not be read
  std::optional<catalogue::Limit> limit;
  std::optional<Growth> growth;           // empty where nobody has watched it for long enough
  std::vector<Holding> holdings;          // largest first
  std::vector<std::uint32_t> neighbours;  // indices in Snapshot::holders
  // How many there are, those that were cut to `_other` counted one by one.
  std::uint64_t container_neighbours = 0;
  std::uint64_t host_neighbours = 0;
  std::vector<Unattributed> unattributed;  // only where the kernel's own total is known
};

struct UserUse {
  catalogue::ResourceId resource{};
  std::string uid;
  std::string user;  // name, where known
  std::uint64_t used = 0;
};

struct ValueAge {
  catalogue::ResourceId resource{};
  std::chrono::milliseconds oldest{0};
};

struct Snapshot {
  WallTime taken_at;
  bool exact = false;  // sums are the kernel's own charges, not estimates
  std::vector<Holder> holders;
  std::vector<Pool> pools;
  std::vector<UserUse> users;
  std::vector<ValueAge> ages;
  std::vector<census::CpuDrops> cpu_drops;
  census::Readings readings;  // of the census; pools with nothing used are only here
  std::uint64_t processes = 0;
  std::uint64_t containers = 0;
  std::uint64_t containers_unnamed = 0;  // of them, those whose name nobody has told
  std::vector<std::string>
      copied_labels;  // labels of containers that are served, as they call them
  census::UnseenCounts unseen{};
  std::uint64_t failed_reads = 0;    // of the census; the process being gone is no failure
  std::string first_failure;         // the first message; empty when nothing failed
  std::uint64_t series_dropped = 0;  // holders, pools and users summed into `_other`
  bool cgroup_namespace_private = false;
  double neighbours_above = 0.5;  // pools fuller than this have their neighbours named
};

// Full as a fraction, above 1 where the kernel lets use exceed the limit; empty without a limit.
std::optional<double> fullness(std::uint64_t used, const std::optional<catalogue::Limit>& limit);
// As of the census; empty too where its use could not be read.
std::optional<double> fullness(const Pool& pool);

// Until a pool is full, if it goes on growing like this. Empty where it does not grow, has no limit
// or is full, and where that is more than 30 days off: beyond that a rate says nothing.
std::optional<std::chrono::seconds> time_to_full(std::uint64_t used,
                                                 const std::optional<catalogue::Limit>& limit,
                                                 const std::optional<Growth>& growth);

}  // namespace kcommons::attribution
