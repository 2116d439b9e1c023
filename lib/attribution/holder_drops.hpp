// Counters of dropped packets by holder, out of the totals of network namespaces. What a namespace
// has lost since the last census is booked to whoever owns it now and stays with that holder, so no
// counter falls or jumps when a namespace passes to another one, or when a holder is cut to
// `_other` for a while. Sums are conserved: each packet is booked once.
//
// Kept from census to census; not thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "attribution/books.hpp"
#include "attribution/snapshot.hpp"
#include "census/census.hpp"

namespace kcommons::attribution {

class HolderDrops final {
 public:
  // Before holders are cut: Holder::receive_dropped becomes what was lost since the last census, of
  // those that own a namespace now or did before. What nobody owns waits for an owner. Holders that
  // are gone are forgotten.
  void book(const std::vector<census::NetworkDrops>& drops, Books& books);
  // When they have been cut: it becomes all that was lost under the holder's name, `_other`'s too.
  void add_up(std::vector<Holder>& holders);

 private:
  std::map<NetNsInode, std::uint64_t> booked_;              // of each namespace's total
  std::unordered_map<std::string, std::uint64_t> by_name_;  // of each holder
};

}  // namespace kcommons::attribution
