#include "daemon/process_names.hpp"

#include <utility>

#include "procfs/process_dir.hpp"
#include "procfs/stat.hpp"

namespace kcommons::daemon {

std::optional<std::string> command_of(const procfs::ProcRoot& procfs, Pid pid,
                                      std::uint64_t start_time) {
  const auto dir = procfs::ProcessDir::open(procfs, pid);
  if (!dir) return std::nullopt;
  std::string buffer;
  auto stat = procfs::read_stat(*dir, buffer);
  if (!stat || stat->start_time != start_time) return std::nullopt;
  return std::move(stat->comm);
}

Result<void> name_processes(const std::string& procfs, report::Top& top) {
  const auto root = procfs::ProcRoot::open(procfs);
  if (!root) return fail(root.error().during("name processes"));
  for (report::TopWho& who : top.who) {
    if (who.shown && who.pid) who.command = command_of(*root, *who.pid, who.start_time);
  }
  return {};
}

Result<void> name_processes(const std::string& procfs, report::Explanation& explanation) {
  const auto root = procfs::ProcRoot::open(procfs);
  if (!root) return fail(root.error().during("name processes"));
  for (report::Explained& answer : explanation.answers) {
    if (!answer.process) continue;
    report::TopWho& who = answer.process->who;
    who.command = command_of(*root, *who.pid, who.start_time);
  }
  return {};
}

}  // namespace kcommons::daemon
