// The pools of a snapshot as rows for people, the fullest first. Pure, thread-safe. Names in rows
// are printable on one line (text::printable), but not yet escaped for HTML.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "attribution/holder_name.hpp"
#include "attribution/snapshot.hpp"
#include "catalogue/catalogue.hpp"

namespace kcommons::report {

struct PoolRow {
  struct TopHolder {
    std::string name;      // see holder_name()
    std::string id;        // of a container, its first 12 characters; empty for a host group
    bool runtime = false;  // held by a shim or monitor on the container's behalf
    std::uint64_t used = 0;
  };

  std::size_t pool = 0;  // index in Snapshot::pools
  catalogue::ResourceId resource{};
  std::string userns;
  std::string uid;
  std::optional<std::uint64_t> used;      // empty: could not be read
  std::optional<catalogue::Limit> limit;  // empty: could not be read
  std::optional<double> ratio;            // used / limit, above 1 where the kernel lets it
  std::optional<TopHolder> top;
  std::uint64_t container_neighbours = 0;
  std::uint64_t host_neighbours = 0;
};

// Sorted by ratio, highest first; then the pools without one, by what is used of them. Pools that
// are equal in that keep the order of the snapshot.
std::vector<PoolRow> pool_rows(const attribution::Snapshot& snapshot);

using attribution::holder_name;

// The cells of a row, in words: "121", "unlimited" or "unknown", "94.5%" or "-", and "host",
// "uid 0", "uid 0 in user namespace 4026532301" or "other users".
std::string used_text(const PoolRow& row);
std::string limit_text(const PoolRow& row);
std::string use_text(const PoolRow& row);
std::string scope_text(const PoolRow& row);

// The same for what is no row: of a limit, of a fraction, and of the labels of a pool.
std::string limit_text(const std::optional<catalogue::Limit>& limit);
std::string percent_text(const std::optional<double>& ratio);
std::string scope_text(catalogue::ResourceId resource, std::string_view userns,
                       std::string_view uid);

}  // namespace kcommons::report
