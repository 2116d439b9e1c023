// What the devices of each network namespace have dropped of what they received: net/dev of one
// process of each, and for the reader's own namespace rtnetlink, which also tells whose the other
// end of each veth is. A host's veth receives what its container sends, so its drops are that
// container's; a device with no other end in a container is the host's own.
//
// Where the PIDs of that procfs are not those of our system calls, the peers cannot be found, and
// all devices of the own namespace are its own. Belongs to one source and thread; opens one socket
// and keeps it. What cannot be read is counted, and keeps the total that it had.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.hpp"
#include "census/census.hpp"
#include "census/drop_counters.hpp"
#include "procfs/net_links.hpp"
#include "procfs/net_ns.hpp"
#include "procfs/proc_root.hpp"

namespace kcommons::census {

class NetworkReader final {
 public:
  // `root` must outlive the reader.
  explicit NetworkReader(const procfs::ProcRoot& root);

  // Fills Census::network_drops; the processes must be there already.
  void read(Census& census);

 private:
  using Peers = std::map<procfs::NetNsId, NetNsInode>;

  Result<void> open();
  NamespaceReading read_namespace(NetNsInode net_ns, const procfs::ProcessDir& within,
                                  Failures& failures);
  [[nodiscard]] NamespaceReading read_own(const Peers& peers) const;
  void find_peer(NetNsInode net_ns, Pid within, Peers& peers, Failures& failures);
  void list_links(Failures& failures);

  const procfs::ProcRoot& root_;
  bool is_open_ = false;  // as far as it can be
  // Empty where the reader is not seen in `root`, or rtnetlink is not to be had.
  std::optional<NetNsInode> own_;
  std::optional<procfs::NetLinks> rtnetlink_;
  std::optional<std::vector<procfs::NetLink>> links_;  // of the census under way
  DeviceDropCounters counters_;
  std::string buffer_;
};

}  // namespace kcommons::census
