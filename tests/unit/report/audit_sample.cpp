#include "audit_sample.hpp"

#include <limits>

#include "attribution/attributor.hpp"

namespace kcommons::report::test {

using catalogue::ResourceId;

attribution::Snapshot snapshot_of(const census::Census& census) {
  constexpr auto kMost = std::numeric_limits<std::size_t>::max();
  return attribution::Attributor({kMost, kMost, kMost, kMost}, 0.5).attribute(census);
}

Audit audit_of(const attribution::Snapshot& snapshot, const AuditOptions& options) {
  return make_audit(snapshot, {.name = "bpf", .reason = "auto: it loads here"}, options);
}

Audit audit_of(const census::Census& census, const AuditOptions& options) {
  return audit_of(snapshot_of(census), options);
}

census::Census with_charge(ResourceId resource, std::uint32_t uid, std::uint64_t used,
                           std::optional<std::uint64_t> limit) {
  census::Census census = busy_host();
  census.charges.push_back({.resource = resource,
                            .user_ns = kInitialUserNs,
                            .uid = Uid(uid),
                            .used = used,
                            .limit = catalogue::Limit{limit}});
  return census;
}

Audit audit_of_growing(std::uint64_t used, const attribution::Growth& growth) {
  constexpr std::uint64_t kHasAlready = 30;
  auto snapshot =
      snapshot_of(with_charge(ResourceId::kInotifyWatches, 33, used - kHasAlready, 1000));
  for (attribution::Pool& pool : snapshot.pools) {
    if (pool.resource == ResourceId::kInotifyWatches && pool.uid == "33") pool.growth = growth;
  }
  return audit_of(snapshot);
}

}  // namespace kcommons::report::test
