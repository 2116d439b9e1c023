#include "census/network_reader.hpp"

#include <cerrno>
#include <utility>

#include "procfs/net_dev.hpp"
#include "procfs/process_dir.hpp"
#include "procfs/stat.hpp"

namespace kcommons::census {

namespace {

// The oldest living process of each network namespace.
std::map<NetNsInode, const ProcessRecord*> oldest_of_each(const Census& census) {
  std::map<NetNsInode, const ProcessRecord*> oldest;
  for (const ProcessRecord& process : census.processes) {
    if (process.alive && process.net_ns != NetNsInode()) {
      oldest.try_emplace(process.net_ns, &process);
    }
  }
  return oldest;
}

// A process that ended meanwhile is no failure.
void count(const Error& error, Failures& failures) {
  if (error.kind() != ErrorKind::kGone) failures.count(error);
}

// The process, or a thread of it that still has a network namespace. Opened again, so checked to be
// the same process still.
Result<procfs::ProcessDir> open_within(const procfs::ProcRoot& root, const ProcessRecord& process,
                                       std::string& buffer) {
  auto dir = procfs::ProcessDir::open(root, process.pid);
  if (!dir) return fail(dir.error());
  const auto stat = procfs::read_stat(*dir, buffer);
  if (!stat) return fail(stat.error());
  if (stat->start_time != process.start_time) {
    return fail(Error::from_errno(ESRCH, dir->name() + " is another process now"));
  }
  return stat->is_zombie() ? procfs::living_thread(*dir, buffer) : std::move(dir);
}

}  // namespace

NetworkReader::NetworkReader(const procfs::ProcRoot& root) : root_(root) {
  static_cast<void>(open());  // else at the first read
}

// An error only where descriptors or memory are short: it may be opened yet.
Result<void> NetworkReader::open() {
  if (is_open_) return {};
  if (root_.shares_pid_namespace()) {
    const auto own = procfs::read_own_network(root_);
    if (!own && own.error().kind() == ErrorKind::kExhausted) return fail(own.error());
    auto rtnetlink = procfs::NetLinks::open();
    if (!rtnetlink && rtnetlink.error().kind() == ErrorKind::kExhausted) {
      return fail(rtnetlink.error());
    }
    if (own && rtnetlink) {
      own_ = own->inode;
      rtnetlink_ = std::move(*rtnetlink);
    }
  }
  is_open_ = true;
  return {};
}

NamespaceReading NetworkReader::read_namespace(NetNsInode net_ns, const procfs::ProcessDir& within,
                                               Failures& failures) {
  NamespaceReading reading{.net_ns = net_ns, .devices = {}};
  const auto devices = procfs::read_net_dev(within, buffer_);
  if (!devices) {
    count(devices.error(), failures);
    return reading;
  }
  reading.devices.emplace();
  for (const procfs::NetDevice& device : *devices) {
    reading.devices->push_back(
        {.device = std::string(device.name), .dropped = device.dropped, .booked_to = net_ns});
  }
  return reading;
}

NamespaceReading NetworkReader::read_own(const Peers& peers) const {
  NamespaceReading reading{.net_ns = *own_, .devices = {}};
  if (!links_) return reading;
  reading.devices.emplace();
  for (const procfs::NetLink& link : *links_) {
    const auto peer = link.peer ? peers.find(*link.peer) : peers.end();
    reading.devices->push_back({.device = std::to_string(link.index),
                                .dropped = link.dropped,
                                .booked_to = peer == peers.end() ? *own_ : peer->second});
  }
  return reading;
}

void NetworkReader::list_links(Failures& failures) {
  links_.reset();
  auto links = rtnetlink_->list();
  if (links) {
    links_ = std::move(*links);
  } else {
    failures.count(links.error());
  }
}

void NetworkReader::find_peer(NetNsInode net_ns, Pid within, Peers& peers, Failures& failures) {
  const auto number = rtnetlink_->number_of(within);
  if (!number) {
    count(number.error(), failures);
  } else if (*number) {
    peers.emplace(**number, net_ns);
  }
}

void NetworkReader::read(Census& census) {
  // Without rtnetlink, devices would be told by other names, and be told anew when it is there.
  if (const auto opened = open(); !opened) {
    census.failures.count(opened.error());
    return;
  }
  // First, because it gives the namespaces their numbers.
  if (rtnetlink_) list_links(census.failures);
  std::vector<NamespaceReading> readings;
  Peers peers;
  for (const auto& [net_ns, process] : oldest_of_each(census)) {
    if (own_ && net_ns == *own_) continue;
    const auto within = open_within(root_, *process, buffer_);
    if (!within) {
      count(within.error(), census.failures);
      readings.push_back({.net_ns = net_ns, .devices = {}});
      continue;
    }
    readings.push_back(read_namespace(net_ns, *within, census.failures));
    if (rtnetlink_ && links_) find_peer(net_ns, within->pid(), peers, census.failures);
  }
  if (own_) readings.push_back(read_own(peers));
  census.network_drops = counters_.update(readings);
}

}  // namespace kcommons::census
