// A tree that looks like /proc, made of plain files in a temporary folder, for tests that need
// processes which no test can have for real: hundreds of them, hostile ones, broken ones.
//
//   FakeProc proc;
//   proc.process(42).comm("web").uid(1000).cgroup("0::/docker/4f…\n").fds(3);
//   proc.process(42).fd(7, "anon_inode:inotify").watches(7, 100);
//   proc.file_nr(1000, 65536).sysctl("fs/inotify/max_user_watches", "8192");
//   proc.file("42/stat", "garbage");
//
// process(N) makes a process with sensible defaults (state S, parent 1, started at tick N, cgroup
// "0::/", UID 0, no capabilities, initial user namespace, one thread, limit 1024, no descriptors)
// or returns the one there is. What a setter says is written at once, over whatever stood in the
// same files. As in the kernel, all threads list the process's descriptors, but a private_thread,
// which has a table of its own.
//
// What plain files cannot do: sizes of fd/ do not count, links are rwx, kcmp(2) knows nothing of
// them, namespaces but the initial one have no chain, and root reads what is denied.
//
// Failures throw std::system_error, which fails the test. Not thread-safe.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kcommons::test {

class FakeProc;

// A process, or a thread with a descriptor table of its own. References stay valid as long as the
// FakeProc lives.
class FakeProcess final {
 public:
  FakeProcess& comm(std::string name);  // raw, as the process chose it
  FakeProcess& state(char state);
  FakeProcess& parent(int pid);
  FakeProcess& start_time(std::uint64_t ticks);
  FakeProcess& kernel_thread();
  FakeProcess& uid(std::uint32_t real_and_effective);
  FakeProcess& uids(std::uint32_t real, std::uint32_t effective);
  FakeProcess& capabilities(std::uint64_t effective);
  FakeProcess& pid_namespace_depth(int depth);
  FakeProcess& user_ns(std::uint64_t inode);
  FakeProcess& uid_map(std::string_view text);
  FakeProcess& cgroup(std::string_view text);
  // No value is "unlimited".
  FakeProcess& limits(std::optional<std::uint64_t> soft,
                      std::optional<std::uint64_t> hard = 524288);

  // Descriptors 0 to count-1, each to the same text.
  FakeProcess& fds(int count, std::string_view link_text = "/dev/null");
  FakeProcess& fd(int number, std::string_view link_text);
  FakeProcess& close_fd(int number);
  // Makes fdinfo/N that of an inotify instance. Two instances differ by their inodes, which by
  // default are of this process and descriptor alone; give the same first_inode to two descriptors
  // of one instance.
  FakeProcess& watches(int number, std::uint64_t count, std::uint64_t first_inode = 0);
  FakeProcess& fdinfo(int number, std::string_view text);

  // More threads beside the leader, with the same descriptor table.
  FakeProcess& threads(std::initializer_list<int> tids);
  // A thread after unshare(CLONE_FILES): returned, to be given descriptors of its own.
  FakeProcess& private_thread(int tid);
  // The leader is dead and has no descriptors any more; the other threads keep theirs.
  FakeProcess& zombie();

  [[nodiscard]] int pid() const { return pid_; }

 private:
  friend class FakeProc;
  FakeProcess(FakeProc& proc, int pid, std::string folder);
  void write_all();
  void write_stat();
  void write_status();
  void write_table_entry(int number);
  void write_table(const std::string& folder);
  [[nodiscard]] std::vector<std::string> table_folders() const;
  void add_thread(int tid, const std::string& folder);

  struct Descriptor {
    std::string link;
    std::string info;
  };

  FakeProc& proc_;
  int pid_;
  std::string folder_;  // "42" or "42/task/43"
  std::string comm_ = "fake";
  char state_ = 'S';
  int parent_ = 1;
  std::uint64_t start_time_;
  std::uint32_t flags_ = 0x400000;  // PF_RANDOMIZE, as most processes have
  std::uint32_t real_uid_ = 0;
  std::uint32_t effective_uid_ = 0;
  std::uint64_t capabilities_ = 0;
  int pid_namespace_depth_ = 1;
  int thread_count_ = 1;
  bool leader_has_table_ = true;
  std::map<int, Descriptor> descriptors_;
  std::vector<std::string> sharing_;  // folders of threads that list the same descriptors
};

class FakeProc final {
 public:
  // A temporary folder of its own, removed with the object.
  FakeProc();
  // A folder that there is already, which stays: for trees that another program is to read.
  explicit FakeProc(std::string path);
  FakeProc(const FakeProc&) = delete;
  FakeProc& operator=(const FakeProc&) = delete;
  ~FakeProc();

  [[nodiscard]] const std::string& path() const { return path_; }

  FakeProcess& process(int pid);
  FakeProc& remove_process(int pid);

  // sys/NAME with a line break after the value; "fs/inotify/max_user_watches".
  FakeProc& sysctl(std::string_view name, std::string_view value);
  FakeProc& file_nr(std::uint64_t allocated, std::uint64_t limit);
  FakeProc& total_threads(std::uint64_t count);

  // Any file or link by its path in the tree; folders are made. Files are rewritten in place, so
  // that one who keeps them open sees the new text.
  FakeProc& file(std::string_view relative, std::string_view text);
  FakeProc& link(std::string_view relative, std::string_view target);
  // Removes a file, a link, or a folder and all in it; it need not be there.
  FakeProc& remove(std::string_view relative);
  // Takes all rights off it: denied to all who lack CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH.
  FakeProc& deny(std::string_view relative);

 private:
  friend class FakeProcess;
  [[nodiscard]] std::string absolute(std::string_view relative) const;
  void make_folder(std::string_view relative);
  FakeProcess& add(int pid, const std::string& folder);

  std::string path_;
  bool is_temporary_ = false;
  std::map<std::string, FakeProcess> processes_;  // by folder
};

}  // namespace kcommons::test
