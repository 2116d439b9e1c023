// Who holds what of each pool, by whatever is asked for: containers, users, units, processes, pods.
// All groupings are sums of the same bookings (books.hpp), so for each pool they have the same sum.
// Values in, values out; thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "attribution/snapshot.hpp"
#include "census/census.hpp"

namespace kcommons::attribution {

enum class By : std::uint8_t {
  // Each container and each host group, as Holder tells them apart.
  kContainer,
  // The user that a pool of users is charged to; of other pools, the effective UID of the process
  // at which the units are booked.
  kUid,
  // The systemd unit, as systemd-cgtop shows it: of a container the scope or service that it runs
  // in, the slice or the cgroup path where it has none. What a shim holds is its container's.
  kUnit,
  // The process at which the units are booked: the oldest that holds a file.
  kProcess,
  // All containers of a Kubernetes or Podman pod; what is in no pod as with kContainer.
  kPod,
};

struct Group {
  // Index in Grouping::holders: the container or host group; of a process, whom it belongs to; of a
  // pod, one of its containers. kNoIndex for users and units.
  std::uint32_t holder = census::kNoIndex;
  std::uint32_t process = census::kNoIndex;  // index in Census::processes, of a process
  std::string uid;                           // in decimal, of a user
  std::string unit;                          // of a unit
  bool pod = false;                          // all containers of the pod of `holder`
};

struct GroupHolding {
  std::uint32_t group = 0;  // index in Grouping::groups
  std::uint64_t used = 0;
  std::uint64_t runtime_used = 0;  // the part of `used` that shims and monitors hold
};

struct Grouping {
  std::vector<Holder> holders;
  std::vector<Group> groups;
  // By index in Snapshot::pools; of each pool the largest first. None has used 0.
  std::vector<std::vector<GroupHolding>> pools;
};

// `snapshot` is of this census, with nothing cut to `_other`.
Grouping group_holdings(const census::Census& census, const Snapshot& snapshot, By by);

}  // namespace kcommons::attribution
