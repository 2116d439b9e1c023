#include "attribution/holder_drops.hpp"

#include <unordered_set>
#include <utility>

namespace kcommons::attribution {

namespace {

// Of a container it has no runtime before it.
bool is_other(const std::string& name) {
  return name == kOther || name == " " + std::string(kOther);
}

}  // namespace

void HolderDrops::book(const std::vector<census::NetworkDrops>& drops, Books& books) {
  std::unordered_set<std::string> present;
  for (Holder& holder : books.holders) {
    const std::string name = name_of(holder);
    if (by_name_.contains(name)) holder.receive_dropped = 0;
    present.insert(name);
  }
  std::erase_if(by_name_, [&](const auto& counter) {
    return !present.contains(counter.first) && !is_other(counter.first);
  });

  std::map<NetNsInode, std::uint64_t> booked;
  for (const census::NetworkDrops& drop : drops) {
    const auto last = booked_.find(drop.net_ns);
    // Lower: the number is that of another namespace now.
    const bool goes_on = last != booked_.end() && last->second <= drop.packets;
    const std::uint64_t before = goes_on ? last->second : 0;
    const auto owner = books.network_owners.find(drop.net_ns);
    if (owner == books.network_owners.end()) {
      booked[drop.net_ns] = before;
      continue;
    }
    booked[drop.net_ns] = drop.packets;
    Holder& holder = books.holders[owner->second];
    holder.receive_dropped = holder.receive_dropped.value_or(0) + drop.packets - before;
  }
  booked_ = std::move(booked);
}

void HolderDrops::add_up(std::vector<Holder>& holders) {
  for (Holder& holder : holders) {
    if (!holder.receive_dropped) continue;
    std::uint64_t& total = by_name_[name_of(holder)];
    total += *holder.receive_dropped;
    holder.receive_dropped = total;
  }
}

}  // namespace kcommons::attribution
