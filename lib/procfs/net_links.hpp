// The devices of the reader's own network namespace, and where the other end of each is, by
// rtnetlink(7): what no file tells. A veth of the host is known to be a container's by the number
// that its peer's namespace has here (IFLA_LINK_NETNSID), and that number is told for any process
// by its PID (RTM_GETNSID). No rights are needed, no namespace is entered, nothing is changed.
//
// The parsers are pure. A NetLinks belongs to one thread; it opens its one socket at the start and
// never waits: the kernel has the answer ready when a request returns.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/ids.hpp"
#include "base/result.hpp"
#include "base/unique_fd.hpp"

namespace kcommons::procfs {

// What a namespace calls another one; it means nothing elsewhere.
using NetNsId = Id<struct NetNsIdTag, std::int32_t>;

struct NetLink {
  std::int32_t index = 0;  // is not given to another device of the namespace while it lives
  std::string name;
  // As NetDevice has it: rx_dropped + rx_missed_errors, 64 bits.
  std::uint64_t dropped = 0;
  std::optional<NetNsId> peer;  // where its other end is, if it has one in another namespace
};

// One message of the kernel's, without the header of netlink: struct ifinfomsg and attributes.
Result<NetLink> parse_link(std::span<const std::byte> message);
// struct rtgenmsg and attributes. Empty where the namespace has no number here.
Result<std::optional<NetNsId>> parse_nsid(std::span<const std::byte> message);
// What ends a list: the error for which the kernel did not go on, if there was one
// (netlink_dump_done of net/netlink/af_netlink.c).
Result<void> parse_end_of_list(std::span<const std::byte> message);

class NetLinks final {
 public:
  static Result<NetLinks> open();

  Result<std::vector<NetLink>> list();
  // Of the network namespace of a process, which the caller's PID namespace numbers `pid`. A
  // namespace has got a number once list() has told a device with a peer there.
  Result<std::optional<NetNsId>> number_of(Pid pid);

 private:
  explicit NetLinks(UniqueFd socket);

  Result<void> request(std::uint16_t type, std::uint16_t flags, std::span<const std::byte> body);
  void drop_the_rest();
  Result<std::span<const std::byte>> read_datagram();
  // Calls `take` with each message of the answer to the last request.
  template <typename Take>
  Result<void> receive(Take take);

  UniqueFd socket_;
  std::uint32_t sequence_ = 0;
  bool is_answered_ = true;  // the last request, to its end
  std::vector<std::byte> buffer_;
};

}  // namespace kcommons::procfs
