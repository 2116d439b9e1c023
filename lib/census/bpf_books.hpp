// From the records of BPF walks to a census: which process is which, what is one file and whose it
// is, what is one inotify or fanotify group, and whom the kernel has charged for it. Pure: records
// in, census out.
//
// A file that several hold is booked once, at the oldest process that has a descriptor of it; else
// at the one that waits for it in a socket's queue or has registered it with io_uring; else at the
// oldest that has it mapped or runs it. What is mapped is walked less often than what is open, so
// it comes last: where both are known the booking does not depend on when that was.
//
// One object serves one census, on one thread.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/ids.hpp"
#include "bpf/records.hpp"
#include "census/bpf_cgroups.hpp"
#include "census/census.hpp"
#include "census/placements.hpp"

namespace kcommons::census {

// The files that a process has mapped, whatever else holds them. Kept from one census to another,
// so it names the process for good: a PID may be used again, and a process may run another program.
struct MappedFiles {
  Pid pid;
  std::uint64_t start_time = 0;  // clock ticks since boot
  std::uint64_t program = 0;     // its executable file
  std::vector<std::uint64_t> files;
};

// What a user is charged, out of the records of either walk, also where that is nothing. Only what
// is a pool of its own: all of the outermost namespace, of others those with a limit.
std::vector<Charge> charges_of(const kc_ucounts& record);
// The same of what is charged to a user whatever the namespace.
std::vector<Charge> charges_of(const kc_user& record);

// What the kernel itself counts is better than what files tell of it.
void correct(Readings& readings, const kc_host& host);

class BpfBooks final {
 public:
  // Of walk_holdings, in the order in which they come: a process before what it holds.
  void take(const bpf::Record& record);
  // Of processes that are still the same; others are passed over.
  void take(const std::vector<MappedFiles>& mapped);

  [[nodiscard]] bool has_seen(Pid pid) const { return index_of_.contains(pid); }
  // What names each process that was seen, without files yet.
  [[nodiscard]] std::vector<MappedFiles> names() const;

  // Fills processes, files, groups, charges and user namespaces of `census`. Once.
  void write_into(Census& census, Placements& placements) &&;

 private:
  // What books a file; a lower one goes before a higher one.
  enum class Claim : std::uint8_t { kDescriptor, kWaiting, kMapping };
  struct Booking {
    std::uint32_t process = 0;  // index in processes_
    Claim claim = Claim::kMapping;
  };
  struct Process {
    ProcessRecord record;
    std::uint64_t css_set = 0;
    std::uint64_t user_ns = 0;
    std::uint64_t program = 0;
  };
  struct Table {
    DescriptorCounts by_type{};
    std::uint64_t descriptors = 0;
  };
  struct Group {
    kc_group record{};
    std::vector<std::uint32_t> holders;
  };

  struct Object {
    catalogue::ResourceId resource{};
    std::uint32_t process = 0;  // index in processes_
    kc_object record{};
  };

  // Pages of the pipes of one table, charged to one user.
  struct Pipes {
    std::uint32_t process = 0;  // index in processes_
    Uid uid;
    std::uint64_t pages = 0;
  };

  void take(const kc_process& record);
  void take(const kc_table& record);
  void take(const kc_file& record);
  void take(const kc_group& record);
  void take(const kc_ucounts& record);
  void take(const kc_object& record);
  void take(const kc_neighbours& record);
  void claim(std::uint64_t file, std::uint32_t process, Claim claim);
  static void add_descriptors(Process& process, const Table& table, bool main);
  [[nodiscard]] bool is_older(std::uint32_t a, std::uint32_t b) const;

  void book_files();
  void write_namespaces(Census& census);
  std::uint32_t namespace_of(Census& census, const kc_ucounts& record);
  void write_processes(Census& census, Placements& placements);
  void write_groups(Census& census, Placements& placements);
  void write_objects(Census& census);
  NotifyGroup group_of(const Group& group, Placements& placements) const;

  BpfCgroups cgroups_;
  std::vector<Process> processes_;
  std::unordered_map<Pid, std::uint32_t> index_of_;
  std::map<std::uint64_t, Table> tables_;
  std::set<std::pair<std::uint64_t, std::uint32_t>> counted_;  // table and process
  std::unordered_map<std::uint64_t, Booking> files_;           // those that are shared
  std::map<std::uint64_t, Group> groups_;
  std::map<std::uint64_t, kc_ucounts> ucounts_;
  std::map<std::uint64_t, kc_user> users_;
  std::vector<Pipes> pipes_;
  std::unordered_map<std::uint64_t, Object> objects_;  // in the order of no two runs alike
  std::map<std::pair<catalogue::ResourceId, NetNsInode>, std::uint64_t> neighbours_;
  kc_host host_{};
  std::unordered_map<std::uint64_t, std::uint32_t> user_ns_index_;  // by inode
  std::vector<std::uint32_t> new_index_;                            // of a process, by age
};

}  // namespace kcommons::census
