// What pools and their largest holders used lately, as points to draw: the last hour where no
// Prometheus keeps it. Plain values; text in them is printable on one line.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "catalogue/catalogue.hpp"

namespace kcommons::attribution {

struct UsePoint {
  WallTime at;
  std::uint64_t used = 0;
};

struct HolderUse {
  std::string name;      // holder_name()
  std::string id;        // of a container, its first 12 characters; empty for a host group
  bool runtime = false;  // held by a shim or monitor on the container's behalf
  std::vector<UsePoint> points;
};

// Points are in the order of time, a step of a minute apart (a sixtieth of the window), the newest
// reading last. A longer distance is a gap: it was not read, or was not among the largest.
struct PoolUse {
  catalogue::ResourceId resource{};
  std::string userns;
  std::string uid;
  std::vector<UsePoint> points;    // each the most that was used in its step
  std::vector<HolderUse> holders;  // by what they held at last, the largest first
};

}  // namespace kcommons::attribution
