#include "attribution/grouping.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <unordered_map>
#include <utility>

#include "attribution/books.hpp"
#include "cgroup/path.hpp"
#include "cgroup/units.hpp"

namespace kcommons::attribution {

namespace {

using census::Census;

std::string unit_of(const Holder& holder) {
  if (holder.kind == Holder::Kind::kHost) return holder.unit;
  return cgroup::host_unit(cgroup::parse_path(holder.cgroup)).name;
}

// What tells the pod of a container from others; empty where it is in none.
std::string pod_of(const Holder& holder) {
  if (!holder.pod_uid.empty()) return holder.pod_uid;
  return holder.pod.empty() ? std::string{} : holder.pod_namespace + "/" + holder.pod;
}

class Grouper final {
 public:
  Grouper(const Census& census, const Books& books, By by)
      : census_(census), books_(books), by_(by) {}

  // The group of a booking, made where it is the first.
  std::uint32_t group_of(const Booking& booking) {
    auto [key, group] = make_group(booking);
    const auto next = static_cast<std::uint32_t>(groups_.size());
    const auto [at, added] = index_of_.try_emplace(std::move(key), next);
    if (added) groups_.push_back(std::move(group));
    return at->second;
  }

  std::vector<Group> groups() && { return std::move(groups_); }

 private:
  [[nodiscard]] std::pair<std::string, Group> make_group(const Booking& booking) const {
    const census::ProcessRecord& process = census_.processes[booking.process];
    const std::uint32_t of = booking.share.holder;
    const Holder& holder = books_.holders[of];
    switch (by_) {
      case By::kContainer:
        break;
      case By::kUid: {
        const bool is_charged = !booking.pool->uid.empty();
        std::string uid =
            is_charged ? booking.pool->uid : std::to_string(process.effective_uid.value());
        return {uid, Group{.uid = uid}};
      }
      case By::kUnit: {
        std::string unit = unit_of(holder);
        return {unit, Group{.unit = unit}};
      }
      case By::kProcess:
        return {std::to_string(booking.process),
                Group{.holder = books_.placements[process.placement].holder,
                      .process = booking.process}};
      case By::kPod:
        if (std::string pod = pod_of(holder); !pod.empty()) {
          return {"pod " + pod, Group{.holder = of, .pod = true}};
        }
        break;
    }
    return {"holder " + std::to_string(of), Group{.holder = of}};
  }

  const Census& census_;
  const Books& books_;
  By by_;
  std::vector<Group> groups_;
  std::unordered_map<std::string, std::uint32_t> index_of_;
};

// Of the pools in the books, those of the snapshot, by index there.
std::unordered_map<const PoolKey*, std::size_t> match_pools(const Books& books,
                                                            const Snapshot& snapshot) {
  std::unordered_map<const PoolKey*, std::size_t> index_of;
  for (std::size_t i = 0; i < snapshot.pools.size(); ++i) {
    const Pool& pool = snapshot.pools[i];
    const auto at = books.pools.find({pool.resource, pool.userns, pool.uid});
    if (at != books.pools.end()) index_of.emplace(&at->first, i);
  }
  return index_of;
}

}  // namespace

Grouping group_holdings(const Census& census, const Snapshot& snapshot, By by) {
  Books books = keep_books(census, Keep::kBookings);
  const auto pool_index = match_pools(books, snapshot);
  Grouper grouper(census, books, by);
  std::map<std::pair<std::size_t, std::uint32_t>, GroupHolding> sums;  // by pool and group
  for (const Booking& booking : books.bookings) {
    const auto pool = pool_index.find(booking.pool);
    if (pool == pool_index.end()) continue;
    const std::uint32_t group = grouper.group_of(booking);
    GroupHolding& sum = sums[{pool->second, group}];
    sum.group = group;
    sum.used += booking.amount;
    if (booking.share.role == cgroup::Role::kRuntime) sum.runtime_used += booking.amount;
  }
  Grouping grouping;
  grouping.groups = std::move(grouper).groups();
  grouping.pools.resize(snapshot.pools.size());
  for (const auto& [key, sum] : sums) grouping.pools[key.first].push_back(sum);
  for (auto& pool : grouping.pools) {
    std::ranges::stable_sort(pool, std::greater{}, &GroupHolding::used);
  }
  grouping.holders = std::move(books.holders);
  return grouping;
}

}  // namespace kcommons::attribution
