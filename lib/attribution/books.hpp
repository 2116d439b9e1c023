// The books of one census in full, before anything is cut to the limits on series: every holder,
// every pool, every holding and neighbour. Values; internal to lib/attribution and its tests.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "attribution/snapshot.hpp"
#include "base/ids.hpp"
#include "census/census.hpp"

namespace kcommons::attribution {

struct PoolKey {
  catalogue::ResourceId resource{};
  std::string userns;
  std::string uid;
  auto operator<=>(const PoolKey&) const = default;
};

// The names that a pool has in the labels. One that is charged to a UID whatever the namespace has
// no user namespace.
PoolKey pool_of_user(catalogue::ResourceId resource, UserNsInode user_ns, Uid uid);
PoolKey pool_of_host(catalogue::ResourceId resource);
// A user has it, not the machine, nor one object of many.
bool is_of_user(catalogue::ResourceId resource);

// Names a holder from census to census.
std::string name_of(const Holder& holder);

struct PoolBook {
  // What the kernel itself charges, of a pool of users; empty where the source cannot read it.
  std::optional<std::uint64_t> charged;
  std::optional<catalogue::Limit> limit;  // of this pool alone, where it has one
  // By holder and role; what the kernel charges, in units of the resource.
  std::map<std::pair<std::uint32_t, cgroup::Role>, std::uint64_t> holdings;
  std::set<std::uint32_t> neighbours;

  [[nodiscard]] std::uint64_t total() const;
};

// What a UID (in decimal) holds of a pool of the host.
struct UserKey {
  catalogue::ResourceId resource{};
  std::string uid;
  auto operator<=>(const UserKey&) const = default;
};

// Whom what is held in a cgroup belongs to.
struct Share {
  std::uint32_t holder = 0;  // index in Books::holders
  cgroup::Role role = cgroup::Role::kWorkload;
};

// Units of one pool, booked at one process. Whatever is told of who holds a pool is a sum of these,
// so that all ways to group them have the same sum.
struct Booking {
  const PoolKey* pool = nullptr;  // in Books::pools, and valid as long as that is
  std::uint32_t process = 0;      // index in Census::processes
  // Of the process, but for a notify group that another container has made.
  Share share;
  std::uint64_t amount = 0;
};

struct Books {
  std::vector<Holder> holders;
  std::map<PoolKey, PoolBook> pools;
  std::map<UserKey, std::uint64_t> users;
  // Whose each network namespace is, as index in `holders`.
  std::map<NetNsInode, std::uint32_t> network_owners;
  std::vector<Share> placements;  // by index in Census::placements
  std::vector<Booking> bookings;  // only where they are asked for
};

enum class Keep : std::uint8_t { kSums, kBookings };

// The sums, and with Keep::kBookings what they are sums of.
Books keep_books(const census::Census& census, Keep keep = Keep::kSums);

}  // namespace kcommons::attribution
