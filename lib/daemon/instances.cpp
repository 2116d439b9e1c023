#include "daemon/instances.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "daemon/watch_paths.hpp"
#include "procfs/fd.hpp"
#include "procfs/fdinfo.hpp"
#include "procfs/kcmp.hpp"
#include "procfs/process_dir.hpp"
#include "procfs/stat.hpp"

namespace kcommons::daemon {

namespace {

struct Opened {
  procfs::ProcRoot root;
  procfs::ProcessDir process;
};

Result<Opened> open_process(const std::string& procfs, Pid pid) {
  auto root = procfs::ProcRoot::open(procfs);
  if (!root) return fail(root.error());
  auto process = procfs::ProcessDir::open(*root, pid);
  if (!process) return fail(process.error());
  return Opened{.root = std::move(*root), .process = std::move(*process)};
}

// Whether a descriptor before it leads to the same instance.
bool is_known(Pid pid, int fd, const std::vector<report::InotifyInstance>& known) {
  return std::ranges::any_of(known, [&](const report::InotifyInstance& instance) {
    const auto order = procfs::compare_files(pid, instance.fd, pid, fd);
    return order && *order == procfs::FileOrder::kEqual;
  });
}

}  // namespace

Result<report::Instances> read_instances(const std::string& procfs, Pid pid) {
  const auto opened = open_process(procfs, pid);
  if (!opened) return fail(opened.error().during("read inotify instances"));
  std::string buffer;
  report::Instances out{.pid = pid};
  if (auto stat = procfs::read_stat(opened->process, buffer)) out.command = std::move(stat->comm);
  std::vector<procfs::FdEntry> fds;
  if (const auto listed = procfs::list_fds(opened->process, fds); !listed) {
    return fail(listed.error().during("read inotify instances"));
  }
  for (const procfs::FdEntry& entry : fds) {
    if (entry.type != procfs::FdType::kInotify || is_known(pid, entry.number, out.instances)) {
      continue;
    }
    const auto watches = procfs::read_inotify_watches(opened->process, entry.number, buffer);
    if (watches) {
      out.instances.push_back({.fd = entry.number, .watches = watches->count});
    } else if (watches.error().kind() != ErrorKind::kGone) {
      out.limits.push_back(watches.error().message());
    }
  }
  std::ranges::stable_sort(out.instances, std::ranges::greater(),
                           &report::InotifyInstance::watches);
  return out;
}

Result<report::Watches> read_watches(const std::string& procfs, Pid pid, int fd, std::size_t most) {
  const auto opened = open_process(procfs, pid);
  if (!opened) return fail(opened.error().during("read watches"));
  std::string buffer;
  auto list = procfs::read_watch_list(opened->process, fd, most, buffer);
  if (!list) return fail(list.error().during("read watches"));
  report::Watches out{.pid = pid, .fd = fd, .total = list->all.count};
  auto paths = WatchPaths::open(procfs);
  WatchPaths::Found found;
  if (paths) {
    found = paths->find(list->first);
  } else {
    found.paths.resize(list->first.size());
    found.limits.push_back("no paths: " + paths.error().message());
  }
  for (std::size_t i = 0; i < list->first.size(); ++i) {
    const procfs::InotifyWatch& watch = list->first[i];
    if (!found.paths[i].empty()) ++out.resolved;
    out.watches.push_back({.wd = static_cast<int>(watch.wd),
                           .inode = watch.inode,
                           .device = watch.device,
                           .path = std::move(found.paths[i])});
  }
  out.limits = std::move(found.limits);
  if (out.total > out.watches.size()) {
    out.limits.push_back(
        fmt::format("the first {} of {} are shown", out.watches.size(), out.total));
  }
  return out;
}

}  // namespace kcommons::daemon
