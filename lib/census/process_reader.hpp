// Reads one process out of procfs into a RawProcess, with whatever rights the daemon has: each
// fact that is denied is left out and counted, the rest is still served.
//
// One reader belongs to one census source and thread. Between begin() and end() it reads the
// processes of one census; what it keeps from census to census is the placement of each process,
// for one whose cgroup is removed while it lives on.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "census/census.hpp"
#include "census/file_books.hpp"
#include "census/placements.hpp"
#include "cgroup/layouts.hpp"
#include "procfs/net_ns.hpp"
#include "procfs/proc_root.hpp"
#include "procfs/process_dir.hpp"
#include "procfs/stat.hpp"

namespace kcommons::census {

class ProcessReader final {
 public:
  // `root` and `layouts` must outlive the reader. `use_kcmp`: tables may be compared by kcmp(2).
  ProcessReader(const procfs::ProcRoot& root, const cgroup::Layouts& layouts, bool use_kcmp);

  // Between two censuses. A process whose cgroup is gone keeps the placement that it had.
  void layouts_changed() { placements_.layouts_changed(); }

  void begin(Census& census);
  // Nothing when the process is a kernel thread, or is gone, or could not be read (counted). An
  // error only when the reader itself has no more descriptors or memory.
  Result<std::optional<RawProcess>> read(Pid pid);
  void end();

  // Threads of all processes read since begin(), those of the kernel too.
  [[nodiscard]] std::uint64_t threads_seen() const { return threads_seen_; }
  [[nodiscard]] std::uint64_t kernel_threads() const { return kernel_threads_; }

 private:
  using ProcessKey = std::pair<Pid, std::uint64_t>;

  Result<void> read_identity(const procfs::ProcessDir& dir, RawProcess& process);
  Result<void> read_placement(const procfs::ProcessDir& dir, const procfs::Stat& stat,
                              const std::optional<procfs::ProcessDir>& living, RawProcess& process);
  Result<void> read_user_ns(const procfs::ProcessDir& dir, RawProcess& process);
  Result<void> read_net_ns(const procfs::ProcessDir& dir, RawProcess& process);
  Result<void> read_limit(const procfs::ProcessDir& dir, RawProcess& process);
  Result<void> read_descriptors(const procfs::ProcessDir& dir, const procfs::Stat& stat,
                                RawProcess& process);
  Result<void> read_thread_tables(const procfs::ProcessDir& dir, RawProcess& process);
  Result<bool> read_thread_table(const procfs::ProcessDir& dir, Pid tid, RawProcess& process);
  Result<bool> read_table(const procfs::ProcessDir& dir, RawProcess& process);
  Result<void> count_at_least(const procfs::ProcessDir& dir, RawProcess& process);
  Result<void> probe_for_inotify(const procfs::ProcessDir& dir, RawProcess& process);
  Result<bool> is_private_table(const procfs::ProcessDir& dir, const procfs::ProcessDir& thread,
                                const RawProcess& process);
  Result<bool> looks_listed(const procfs::ProcessDir& thread, const RawProcess& process);
  Result<bool> look_alike(const procfs::ProcessDir& left, const procfs::ProcessDir& right);
  Result<std::uint32_t> index_of_user_ns(const procfs::ProcessDir& dir, UserNsInode inode);
  void keep_what_is_known(Pid pid);
  // Applies the policy by kind of error: gone and denied facts are skipped and counted, an
  // exhausted reader gives up.
  Result<void> skip(const Error& error, std::optional<Unseen> unseen);
  void count(Unseen reason) { ++census_->unseen[static_cast<std::size_t>(reason)]; }

  const procfs::ProcRoot& root_;
  Placements placements_;
  bool use_kcmp_;
  std::optional<procfs::OwnNetwork> own_network_;  // empty where the reader is not seen in `root`
  Census* census_ = nullptr;                       // of the one under way, or given up
  bool sees_cgroups_ = false;                      // a process was in one
  std::string buffer_;
  std::vector<procfs::FdEntry> entries_;
  std::vector<Pid> threads_;
  std::uint64_t threads_seen_ = 0;
  std::uint64_t kernel_threads_ = 0;

  std::map<ProcessKey, Placements::Ptr> of_process_;
  std::map<ProcessKey, Placements::Ptr> last_of_process_;
  std::set<std::pair<ProcessKey, int>> probed_;  // descriptors that fdinfo showed to be inotify
  std::set<std::pair<ProcessKey, int>> last_probed_;
  std::unordered_map<UserNsInode, std::uint32_t> user_ns_index_;
};

}  // namespace kcommons::census
