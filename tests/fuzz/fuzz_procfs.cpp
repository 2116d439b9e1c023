// All parsers of lib/procfs. The first byte chooses one.
#include <algorithm>
#include <array>
#include <vector>

#include "fuzz.hpp"
#include "procfs/cgroups.hpp"
#include "procfs/fd.hpp"
#include "procfs/fdinfo.hpp"
#include "procfs/hidepid.hpp"
#include "procfs/key_users.hpp"
#include "procfs/limits.hpp"
#include "procfs/loadavg.hpp"
#include "procfs/mountinfo.hpp"
#include "procfs/neighbour_stat.hpp"
#include "procfs/net_dev.hpp"
#include "procfs/net_links.hpp"
#include "procfs/net_ns.hpp"
#include "procfs/sockstat.hpp"
#include "procfs/softnet_stat.hpp"
#include "procfs/stat.hpp"
#include "procfs/status.hpp"
#include "procfs/sysctl.hpp"
#include "procfs/user_ns.hpp"

using namespace kcommons;
using namespace kcommons::procfs;
using namespace kcommons::fuzz;

namespace {

void stat(std::string_view text) {
  const auto stat = parsed([&] { return parse_stat(text); });
  if (stat) demand(text.find(stat->comm) != std::string_view::npos, "comm is in the text");
}

void status(std::string_view text) {
  const auto status = parsed([&] { return parse_status(text); });
  if (status) demand(status->pid_namespace_depth >= 1, "a process has a PID namespace");
}

// The end of a piece may be anywhere: a piece ends at each 0xFF, and in `whole` there are none.
void fdinfo(std::string_view text) {
  std::string whole;
  InotifyFdinfoParser in_pieces;
  Input pieces(reinterpret_cast<const std::uint8_t*>(text.data()), text.size());
  while (!pieces.is_empty()) {
    const std::string_view piece = pieces.until('\xFF');
    in_pieces.feed(piece);
    whole += piece;
  }
  InotifyFdinfoParser at_once;
  std::uint64_t told = 0;
  at_once.tell([&](const InotifyWatch& watch) {
    ++told;
    demand(2 * watch.handle.size() <= whole.size(), "a handle is in the text");
  });
  at_once.feed(whole);
  const auto left = at_once.finish();
  const auto right = in_pieces.finish();
  demand(at_once.kind() == in_pieces.kind(), "the kind does not depend on the pieces");
  demand(left.has_value() == right.has_value(), "success does not depend on the pieces");
  if (left) demand(*left == *right, "watches do not depend on the pieces");
  if (left) demand(left->count == told, "each watch that counts is told");
  if (!left) demand(is_printable(left.error().message()), "an error is one printable line");
}

void limits(std::string_view text) {
  (void)parsed([&] { return parse_limits(text); });
}

void sockstat(std::string_view text) {
  (void)parsed_alike([&] { return parse_sockstat(text, "TCP", "mem"); });
  (void)parsed_alike([&] { return parse_sockstat(text, "TCP", "orphan"); });
  (void)parsed_alike([&] { return parse_sockstat(text, "UDP", "mem"); });
}

void softnet(std::string_view text) {
  const auto stat = parsed([&] { return parse_softnet_stat(text); });
  if (stat) demand(!stat->cpus.empty(), "a machine has a CPU");
}

void net_dev(std::string_view text) {
  const auto devices = parsed([&] { return parse_net_dev(text); });
  if (!devices) return;
  for (const NetDevice& device : *devices) {
    demand(device.name.find(':') == std::string_view::npos, "a device's name has no colon");
    demand(device.name.data() >= text.data() &&
               device.name.data() + device.name.size() <= text.data() + text.size(),
           "a device's name is in the text");
  }
}

void key_users(std::string_view text) {
  (void)parsed([&] { return parse_key_users(text); });
}

void cgroups(std::string_view text) {
  (void)parsed_alike([&] { return parse_memory_cgroups(text); });
}

void neighbours(std::string_view text) {
  (void)parsed_alike([&] { return parse_neighbour_entries(text); });
}

void loadavg(std::string_view text) {
  (void)parsed_alike([&] { return parse_total_threads(text); });
}

void hidepid(std::string_view text) {
  (void)parsed_alike([&] { return parse_hidepid(text, "0:21"); });
}

void mountinfo(std::string_view text) {
  const auto mounts = parsed([&] { return parse_mountinfo(text); });
  if (!mounts) return;
  for (const Mount& mount : *mounts) demand(!mount.point.empty(), "a mount has a mount point");
}

void sysctl(std::string_view text) {
  (void)parsed_alike([&] { return parse_sysctl_u64(text); });
  (void)parsed([&] { return parse_file_nr(text); });
}

void namespaces(std::string_view text) {
  (void)parsed_alike([&] { return parse_net_ns_link(text); });
  (void)parsed_alike([&] { return parse_user_ns_link(text); });
  (void)is_whole_identity_map(text);
}

void descriptor(std::string_view text) {
  const FdEntry entry = classify(3, text);
  demand(!name_of(entry.type).empty(), "a descriptor has a type");
  demand(entry.key == classify(3, text).key, "the key of a link is always the same");
}

// A copy is as aligned as what the kernel writes, and ends where the message does.
void netlink(std::string_view text) {
  std::vector<std::byte> message(text.size());
  std::ranges::transform(text, message.begin(), [](char byte) { return std::byte(byte); });
  const auto link = parsed([&] { return parse_link(message); });
  if (link) demand(link->name.find('\0') == std::string::npos, "a name has no NUL");
  (void)parsed_alike([&] { return parse_nsid(message); });
  (void)parsed([&] { return parse_end_of_list(message); });
}

constexpr std::array kParsers{stat,    status,     fdinfo,     limits,     sockstat, softnet,
                              net_dev, key_users,  cgroups,    neighbours, loadavg,  hidepid,
                              sysctl,  namespaces, descriptor, netlink,    mountinfo};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  const auto parser = kParsers.at(input.choice(kParsers.size()));
  parser(input.rest());
  return 0;
}
