#include "attribution/attributor.hpp"

#include <algorithm>
#include <map>
#include <string>
#include <tuple>
#include <unordered_set>
#include <utility>
#include <vector>

#include "attribution/books.hpp"
#include "base/text.hpp"

namespace kcommons::attribution {

namespace {

using catalogue::ResourceId;
using census::Census;
using Kept = std::unordered_set<std::string>;

bool is_host_pool(const PoolKey& key) {
  return !is_of_user(key.resource);
}

const census::Reading& reading_of(const Census& census, ResourceId id) {
  return census.readings[catalogue::index_of(id)];
}

std::string name_of(const PoolKey& key) {
  return std::string(catalogue::resource(key.resource).name) + " " + key.userns + " " + key.uid;
}

// What the kernel says is used, else what was found.
std::uint64_t used_of(const PoolBook& book) {
  return book.charged ? *book.charged : book.total();
}

const std::optional<catalogue::Limit>& limit_of(const Census& census, const PoolKey& key,
                                                const PoolBook& book) {
  return book.limit ? book.limit : reading_of(census, key.resource).limit;
}

// What a pool's use is compared with: its limit, or its use where it has none.
double whole_of(const Census& census, const PoolKey& key, const PoolBook& book) {
  const auto& limit = limit_of(census, key, book);
  const std::uint64_t used = used_of(book);
  const std::uint64_t whole = limit && limit->value ? *limit->value : used;
  return static_cast<double>(std::max<std::uint64_t>(whole, 1));
}

// Empty where the host has no such user.
std::string user_name(const Census& census, std::string_view uid) {
  if (!census.user_names) return {};
  const auto number = text::parse_number<Uid::rep>(uid);
  const auto at = number ? census.user_names->find(Uid(*number)) : census.user_names->end();
  return at == census.user_names->end() ? std::string() : at->second;
}

// Takes what is cut out of the books and into `_other`, so that no sum changes.
class Cutter final {
 public:
  Cutter(const Census& census, Books books) : census_(census), books_(std::move(books)) {}

  // Before anything is cut: neighbours are counted one by one.
  void count_neighbours();
  void cut_holders(Holder::Kind kind, SeriesLimit& limit);
  void cut_pools(SeriesLimit& limit);
  void cut_users(SeriesLimit& limit);

  Snapshot into_snapshot() &&;

 private:
  [[nodiscard]] std::vector<SeriesLimit::Candidate> holder_candidates(Holder::Kind kind) const;
  void merge_into(std::uint32_t other, const std::vector<bool>& goes);
  [[nodiscard]] std::vector<Unattributed> split_rest(const PoolKey& key, std::uint64_t used,
                                                     std::uint64_t held) const;
  [[nodiscard]] bool is_attributed(ResourceId resource) const;
  [[nodiscard]] Pool make_pool(const PoolKey& key, const PoolBook& book) const;

  const Census& census_;
  Books books_;
  std::unordered_set<std::uint32_t> cut_;  // holders that are only in `_other` now
  std::map<PoolKey, std::pair<std::uint64_t, std::uint64_t>> neighbour_counts_;
  std::uint64_t dropped_ = 0;
};

void Cutter::count_neighbours() {
  for (const auto& [key, book] : books_.pools) {
    auto& [containers, hosts] = neighbour_counts_[key];
    for (const std::uint32_t holder : book.neighbours) {
      const bool container = is_container(books_.holders[holder]);
      ++(container ? containers : hosts);
    }
  }
}

std::vector<SeriesLimit::Candidate> Cutter::holder_candidates(Holder::Kind kind) const {
  std::vector<SeriesLimit::Candidate> candidates(books_.holders.size());
  for (std::size_t i = 0; i < candidates.size(); ++i)
    candidates[i].key = name_of(books_.holders[i]);
  for (const auto& [key, book] : books_.pools) {
    const double whole = whole_of(census_, key, book);
    std::uint64_t largest = 0;
    std::uint32_t leader = census::kNoIndex;
    for (const auto& [share, used] : book.holdings) {
      auto& candidate = candidates[share.first];
      candidate.share = std::max(candidate.share, static_cast<double>(used) / whole);
      if (used > largest) std::tie(largest, leader) = std::tuple(used, share.first);
    }
    if (leader != census::kNoIndex) candidates[leader].leads = true;
  }
  std::vector<SeriesLimit::Candidate> of_kind;
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    if (books_.holders[i].kind == kind) of_kind.push_back(std::move(candidates[i]));
  }
  return of_kind;
}

void add_part(Holder::Part& to, const Holder::Part& from) {
  to.processes += from.processes;
  to.descriptors += from.descriptors;
  if (!from.by_type) return;
  if (!to.by_type) to.by_type.emplace();
  for (std::size_t i = 0; i < from.by_type->size(); ++i) (*to.by_type)[i] += (*from.by_type)[i];
}

void Cutter::merge_into(std::uint32_t other, const std::vector<bool>& goes) {
  Holder& target = books_.holders[other];
  for (std::uint32_t i = 0; i < goes.size(); ++i) {
    if (!goes[i]) continue;
    const Holder& source = books_.holders[i];
    add_part(target.workload, source.workload);
    add_part(target.runtime_part, source.runtime_part);
    if (source.descriptor_limit_ratio) {
      target.descriptor_limit_ratio =
          std::max(target.descriptor_limit_ratio.value_or(0), *source.descriptor_limit_ratio);
    }
    if (source.receive_dropped) {
      target.receive_dropped = target.receive_dropped.value_or(0) + *source.receive_dropped;
    }
    cut_.insert(i);
    ++dropped_;
  }
  const auto stays = [&](std::uint32_t holder) { return holder >= goes.size() || !goes[holder]; };
  for (auto& [key, book] : books_.pools) {
    PoolBook merged{.charged = book.charged, .limit = book.limit};
    for (const auto& [share, used] : book.holdings) {
      merged.holdings[{stays(share.first) ? share.first : other, share.second}] += used;
    }
    for (const std::uint32_t holder : book.neighbours) {
      merged.neighbours.insert(stays(holder) ? holder : other);
    }
    book = std::move(merged);
  }
}

void Cutter::cut_holders(Holder::Kind kind, SeriesLimit& limit) {
  std::vector<SeriesLimit::Candidate> candidates = holder_candidates(kind);
  const std::size_t all = candidates.size();
  const Kept kept = limit.select(std::move(candidates));
  if (kept.size() >= all) return;
  const auto count = static_cast<std::uint32_t>(books_.holders.size());
  Holder other;
  other.kind = kind;
  (kind == Holder::Kind::kHost ? other.unit : other.container_id) = kOther;
  if (kind == Holder::Kind::kContainer) other.container = kOther;
  books_.holders.push_back(std::move(other));
  std::vector<bool> goes(count);
  for (std::uint32_t i = 0; i < count; ++i) {
    const Holder& holder = books_.holders[i];
    goes[i] = holder.kind == kind && !kept.contains(name_of(holder));
  }
  merge_into(count, goes);
}

void Cutter::cut_pools(SeriesLimit& limit) {
  std::vector<SeriesLimit::Candidate> candidates;
  for (const auto& [key, book] : books_.pools) {
    if (is_host_pool(key)) continue;
    candidates.push_back(
        {.key = name_of(key),
         .share = static_cast<double>(used_of(book)) / whole_of(census_, key, book)});
  }
  const std::size_t all = candidates.size();
  const Kept kept = limit.select(std::move(candidates));
  if (kept.size() >= all) return;
  std::map<PoolKey, PoolBook> pools;
  for (auto& [key, book] : books_.pools) {
    if (is_host_pool(key) || kept.contains(name_of(key))) {
      pools[key] = std::move(book);
      continue;
    }
    const PoolKey other{
        .resource = key.resource, .userns = std::string(kOther), .uid = std::string(kOther)};
    PoolBook& bucket = pools[other];
    for (const auto& [share, used] : book.holdings) bucket.holdings[share] += used;
    if (book.charged) bucket.charged = bucket.charged.value_or(0) + *book.charged;
    ++dropped_;
  }
  books_.pools = std::move(pools);
}

void Cutter::cut_users(SeriesLimit& limit) {
  std::vector<SeriesLimit::Candidate> candidates;
  std::map<std::string, double> shares;  // by UID, the largest of any pool's use
  for (const auto& [key, used] : books_.users) {
    const PoolKey pool = pool_of_host(key.resource);
    const double share = static_cast<double>(used) / whole_of(census_, pool, books_.pools[pool]);
    shares[key.uid] = std::max(shares[key.uid], share);
  }
  candidates.reserve(shares.size());
  for (const auto& [uid, share] : shares) candidates.push_back({.key = uid, .share = share});
  const std::size_t all = candidates.size();
  const Kept kept = limit.select(std::move(candidates));
  if (kept.size() >= all) return;
  std::map<UserKey, std::uint64_t> users;
  for (const auto& [key, used] : books_.users) {
    const bool keep = kept.contains(key.uid);
    users[{key.resource, keep ? key.uid : std::string(kOther)}] += used;
  }
  dropped_ += all - kept.size();
  books_.users = std::move(users);
}

// Where nothing is told of holders, all of it would be unexplained, which explains nothing.
bool Cutter::is_attributed(ResourceId resource) const {
  const catalogue::Resource& row = catalogue::resource(resource);
  return (census_.exact ? row.bpf : row.procfs) != catalogue::Accuracy::kNone;
}

Unattributed unexplained(std::uint64_t used, std::uint64_t held) {
  return {.cause = "unexplained",
          .amount = static_cast<std::int64_t>(used) - static_cast<std::int64_t>(held)};
}

// What is used and held by nobody, by cause as far as it is known.
std::vector<Unattributed> Cutter::split_rest(const PoolKey& key, std::uint64_t used,
                                             std::uint64_t held) const {
  std::vector<Unattributed> parts;
  for (const census::Unheld& known : census_.unheld) {
    const bool of_user = is_of_user(known.resource);
    const PoolKey of = of_user ? pool_of_user(known.resource, kInitialUserNs, known.charged_uid)
                               : pool_of_host(known.resource);
    if (of != key) continue;
    const auto part = std::ranges::find(parts, known.cause, &Unattributed::cause);
    Unattributed& sum =
        part == parts.end() ? parts.emplace_back(Unattributed{.cause = known.cause}) : *part;
    sum.amount += static_cast<std::int64_t>(known.amount);
    held += known.amount;
  }
  parts.push_back(unexplained(used, held));
  return parts;
}

Pool Cutter::make_pool(const PoolKey& key, const PoolBook& book) const {
  Pool pool;
  pool.resource = key.resource;
  pool.userns = key.userns;
  pool.uid = key.uid;
  const census::Reading& reading = reading_of(census_, key.resource);
  const std::uint64_t held = book.total();
  if (key.uid != kOther) pool.limit = limit_of(census_, key, book);
  for (const auto& [share, used] : book.holdings) {
    pool.holdings.push_back({.holder = share.first, .role = share.second, .used = used});
  }
  std::ranges::stable_sort(pool.holdings, std::greater{}, &Holding::used);
  pool.neighbours.assign(book.neighbours.begin(), book.neighbours.end());
  if (const auto counts = neighbour_counts_.find(key); counts != neighbour_counts_.end()) {
    std::tie(pool.container_neighbours, pool.host_neighbours) = counts->second;
  }
  const bool is_read = is_host_pool(key) && !book.charged;
  pool.used_at_census = is_read ? reading.used : used_of(book);
  const std::optional<std::uint64_t>& counted = is_read ? reading.used : book.charged;
  if (counted && is_attributed(key.resource)) {
    pool.unattributed = split_rest(key, *counted, held);
  }
  return pool;
}

Snapshot Cutter::into_snapshot() && {
  Snapshot snapshot;
  snapshot.taken_at = census_.taken_at;
  snapshot.exact = census_.exact;
  snapshot.readings = census_.readings;
  snapshot.processes = census_.processes.size();
  snapshot.unseen = census_.unseen;
  snapshot.failed_reads = census_.failures.total();
  snapshot.first_failure = census_.failures.first;
  snapshot.cgroup_namespace_private = census_.cgroup_namespace_private;
  snapshot.series_dropped = dropped_;

  // Holders that were cut leave the list: the others move up.
  std::vector<std::uint32_t> new_index(books_.holders.size(), census::kNoIndex);
  for (std::uint32_t i = 0; i < books_.holders.size(); ++i) {
    if (cut_.contains(i)) continue;
    new_index[i] = static_cast<std::uint32_t>(snapshot.holders.size());
    snapshot.holders.push_back(std::move(books_.holders[i]));
  }
  for (const auto& [key, book] : books_.pools) {
    Pool pool = make_pool(key, book);
    if (pool.used_at_census == 0U) continue;  // nothing used: nothing to say
    for (Holding& holding : pool.holdings) holding.holder = new_index[holding.holder];
    for (std::uint32_t& holder : pool.neighbours) holder = new_index[holder];
    snapshot.pools.push_back(std::move(pool));
  }
  for (const auto& [key, used] : books_.users) {
    snapshot.users.push_back({.resource = key.resource,
                              .uid = key.uid,
                              .user = user_name(census_, key.uid),
                              .used = used});
  }
  return snapshot;
}

std::vector<ValueAge> ages_of(const Census& census) {
  ValueAge watches{.resource = ResourceId::kInotifyWatches};
  for (const census::NotifyGroup& group : census.notify_groups) {
    watches.oldest = std::max(watches.oldest, group.age);
  }
  std::vector<ValueAge> ages{watches};
  if (census.mappings_age) {
    ages.push_back({.resource = ResourceId::kOpenFiles, .oldest = *census.mappings_age});
  }
  return ages;
}

}  // namespace

Attributor::Attributor(Limits limits, double neighbours_above)
    : neighbours_above_(neighbours_above),
      containers_(limits.max_containers),
      units_(limits.max_units),
      pools_(limits.max_pools),
      users_(limits.max_users) {}

void Attributor::configure(Limits limits, double neighbours_above) {
  neighbours_above_ = neighbours_above;
  containers_.set_most(limits.max_containers);
  units_.set_most(limits.max_units);
  pools_.set_most(limits.max_pools);
  users_.set_most(limits.max_users);
}

Snapshot Attributor::attribute(const Census& census) {
  Books books = keep_books(census);
  drops_.book(census.network_drops, books);
  const auto containers = std::ranges::count_if(books.holders, is_container);
  const auto unnamed = std::ranges::count_if(
      books.holders, [](const Holder& holder) { return is_container(holder) && !holder.named; });
  Cutter cutter(census, std::move(books));
  cutter.count_neighbours();
  cutter.cut_holders(Holder::Kind::kContainer, containers_);
  cutter.cut_holders(Holder::Kind::kHost, units_);
  cutter.cut_pools(pools_);
  cutter.cut_users(users_);
  Snapshot snapshot = std::move(cutter).into_snapshot();
  snapshot.containers = static_cast<std::uint64_t>(containers);
  snapshot.containers_unnamed = static_cast<std::uint64_t>(unnamed);
  snapshot.neighbours_above = neighbours_above_;
  snapshot.ages = ages_of(census);
  snapshot.cpu_drops = census.cpu_drops;
  drops_.add_up(snapshot.holders);
  return snapshot;
}

}  // namespace kcommons::attribution
