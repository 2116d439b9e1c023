// The books of one census in full, before anything is cut to the limits on series: every holder,
// every pool, every holding and neighbour. Values; internal to lib/attribution and its tests.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "attribution/snapshot.hpp"
#include "census/census.hpp"

namespace kcommons::attribution {

struct PoolKey {
  catalogue::ResourceId resource{};
  std::string userns;
  std::string uid;
  auto operator<=>(const PoolKey&) const = default;
};

struct PoolBook {
  // By holder and role; what the kernel charges, in units of the resource.
  std::map<std::pair<std::uint32_t, cgroup::Role>, std::uint64_t> holdings;
  std::set<std::uint32_t> neighbours;

  [[nodiscard]] std::uint64_t total() const;
};

struct Books {
  std::vector<Holder> holders;
  std::map<PoolKey, PoolBook> pools;
  std::map<std::string, std::uint64_t> files_by_user;  // UID in decimal → open files
};

Books keep_books(const census::Census& census);

}  // namespace kcommons::attribution
