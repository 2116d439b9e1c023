#include "fake_proc.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <system_error>

namespace kcommons::test {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view kPlainFdinfo = "pos:\t0\nflags:\t02004000\nmnt_id:\t15\nino:\t1061\n";
constexpr std::uint64_t kInitialUserNs = 4026531837;

// As proc_task_name() of fs/proc/array.c does for the status file; stat has the raw bytes.
std::string escaped(std::string_view comm) {
  std::string out;
  for (const char byte : comm) {
    if (byte == '\n') {
      out += "\\n";
    } else if (byte == '\\') {
      out += "\\\\";
    } else {
      out += byte;
    }
  }
  return out;
}

std::string limit_text(std::optional<std::uint64_t> limit) {
  return limit ? std::to_string(*limit) : "unlimited";
}

// Of the file limits.
std::string limit_row(std::string_view name, std::string_view soft, std::string_view hard,
                      std::string_view unit) {
  return fmt::format("{:<26}{:<21}{:<21}{:<10}\n", name, soft, hard, unit);
}

std::string new_folder() {
  std::string name = (fs::temp_directory_path() / "kcommons-proc-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) {
    throw std::system_error(errno, std::generic_category(), "mkdtemp " + name);
  }
  return name;
}

}  // namespace

FakeProcess::FakeProcess(FakeProc& proc, int pid, std::string folder)
    : proc_(proc),
      pid_(pid),
      folder_(std::move(folder)),
      start_time_(static_cast<std::uint64_t>(pid)) {}

void FakeProcess::write_all() {
  write_stat();
  write_status();
  cgroup("0::/\n");
  limits(1024);
  user_ns(kInitialUserNs);
  uid_map("         0          0 4294967295\n");
  write_table(folder_);
}

void FakeProcess::write_stat() {
  proc_.file(folder_ + "/stat",
             fmt::format("{0} ({1}) {2} {3} {0} {0} 0 -1 {4} 101 0 0 0 0 0 0 0 20 0 {5} 0 {6} "
                         "3133440 386 18446744073709551615 1 1 0 0 0 0 0 0 0 0 0 0 17 0 0 0 0 0 0 "
                         "0 0 0 0 0 0 0 0\n",
                         pid_, comm_, state_, parent_, flags_, thread_count_, start_time_));
}

void FakeProcess::write_status() {
  std::string namespace_pids = std::to_string(pid_);
  for (int level = 1; level < pid_namespace_depth_; ++level) namespace_pids += "\t1";
  proc_.file(folder_ + "/status",
             fmt::format("Name:\t{}\nUmask:\t0022\nState:\t{} (made up)\nTgid:\t{}\nPid:\t{}\n"
                         "PPid:\t{}\nTracerPid:\t0\nUid:\t{}\t{}\t{}\t{}\nGid:\t0\t0\t0\t0\n"
                         "FDSize:\t256\nGroups:\t \nNSpid:\t{}\nThreads:\t{}\n"
                         "CapInh:\t0000000000000000\nCapPrm:\t{:016x}\nCapEff:\t{:016x}\n",
                         escaped(comm_), state_, pid_, pid_, parent_, real_uid_, effective_uid_,
                         effective_uid_, effective_uid_, namespace_pids, thread_count_,
                         capabilities_, capabilities_));
}

FakeProcess& FakeProcess::comm(std::string name) {
  comm_ = std::move(name);
  write_stat();
  write_status();
  return *this;
}

FakeProcess& FakeProcess::state(char state) {
  state_ = state;
  write_stat();
  write_status();
  return *this;
}

FakeProcess& FakeProcess::parent(int pid) {
  parent_ = pid;
  write_stat();
  write_status();
  return *this;
}

FakeProcess& FakeProcess::start_time(std::uint64_t ticks) {
  start_time_ = ticks;
  write_stat();
  return *this;
}

FakeProcess& FakeProcess::kernel_thread() {
  flags_ |= 0x00200000U;  // PF_KTHREAD, include/linux/sched.h
  parent_ = 2;
  write_stat();
  write_status();
  return *this;
}

FakeProcess& FakeProcess::uid(std::uint32_t real_and_effective) {
  return uids(real_and_effective, real_and_effective);
}

FakeProcess& FakeProcess::uids(std::uint32_t real, std::uint32_t effective) {
  real_uid_ = real;
  effective_uid_ = effective;
  write_status();
  return *this;
}

FakeProcess& FakeProcess::capabilities(std::uint64_t effective) {
  capabilities_ = effective;
  write_status();
  return *this;
}

FakeProcess& FakeProcess::pid_namespace_depth(int depth) {
  pid_namespace_depth_ = depth;
  write_status();
  return *this;
}

FakeProcess& FakeProcess::user_ns(std::uint64_t inode) {
  proc_.link(folder_ + "/ns/user", fmt::format("user:[{}]", inode));
  return *this;
}

FakeProcess& FakeProcess::uid_map(std::string_view text) {
  proc_.file(folder_ + "/uid_map", text);
  return *this;
}

FakeProcess& FakeProcess::cgroup(std::string_view text) {
  proc_.file(folder_ + "/cgroup", text);
  return *this;
}

FakeProcess& FakeProcess::limits(std::optional<std::uint64_t> soft,
                                 std::optional<std::uint64_t> hard) {
  proc_.file(folder_ + "/limits",
             limit_row("Limit", "Soft Limit", "Hard Limit", "Units") +
                 limit_row("Max processes", "31000", "31000", "processes") +
                 limit_row("Max open files", limit_text(soft), limit_text(hard), "files") +
                 limit_row("Max locked memory", "unlimited", "unlimited", "bytes") +
                 limit_row("Max pending signals", "unlimited", "unlimited", "signals") +
                 limit_row("Max msgqueue size", "unlimited", "unlimited", "bytes"));
  return *this;
}

FakeProcess& FakeProcess::fds(int count, std::string_view link_text) {
  for (int number = 0; number < count; ++number) fd(number, link_text);
  return *this;
}

FakeProcess& FakeProcess::fd(int number, std::string_view link_text) {
  descriptors_[number] = {std::string(link_text), std::string(kPlainFdinfo)};
  write_table_entry(number);
  return *this;
}

FakeProcess& FakeProcess::close_fd(int number) {
  descriptors_.erase(number);
  for (const std::string& folder : table_folders()) {
    proc_.remove(fmt::format("{}/fd/{}", folder, number));
    proc_.remove(fmt::format("{}/fdinfo/{}", folder, number));
  }
  return *this;
}

FakeProcess& FakeProcess::watches(int number, std::uint64_t count, std::uint64_t first_inode) {
  if (first_inode == 0) {
    first_inode =
        (static_cast<std::uint64_t>(pid_) << 40U) + (static_cast<std::uint64_t>(number) << 24U) + 1;
  }
  std::string text(kPlainFdinfo);
  for (std::uint64_t watch = count; watch > 0; --watch) {  // the newest first, as the kernel does
    fmt::format_to(std::back_inserter(text),
                   "inotify wd:{:x} ino:{:x} sdev:fe00000 mask:100 ignored_mask:0 fhandle-bytes:8 "
                   "fhandle-type:1 f_handle:00a1b2c3d4e5f607\n",
                   watch, first_inode + watch - 1);
  }
  return fdinfo(number, text);
}

FakeProcess& FakeProcess::fdinfo(int number, std::string_view text) {
  Descriptor& descriptor = descriptors_[number];
  if (descriptor.link.empty()) descriptor.link = "anon_inode:inotify";
  descriptor.info = text;
  write_table_entry(number);
  return *this;
}

FakeProcess& FakeProcess::threads(std::initializer_list<int> tids) {
  if (leader_has_table_) add_thread(pid_, folder_ + "/task/" + std::to_string(pid_));
  for (const int tid : tids) add_thread(tid, folder_ + "/task/" + std::to_string(tid));
  thread_count_ += static_cast<int>(tids.size());
  write_stat();
  write_status();
  return *this;
}

FakeProcess& FakeProcess::private_thread(int tid) {
  ++thread_count_;
  write_stat();
  write_status();
  return proc_.add(tid, folder_ + "/task/" + std::to_string(tid));
}

void FakeProcess::add_thread(int tid, const std::string& folder) {
  for (const std::string& known : sharing_) {
    if (known == folder) return;
  }
  sharing_.push_back(folder);
  proc_.add(tid, folder);
  write_table(folder);
}

FakeProcess& FakeProcess::zombie() {
  const std::string leader_thread = folder_ + "/task/" + std::to_string(pid_);
  leader_has_table_ = false;
  std::erase(sharing_, leader_thread);
  for (const std::string& folder : {folder_, leader_thread}) {
    proc_.remove(folder + "/fd").remove(folder + "/fdinfo");
    proc_.make_folder(folder + "/fd");
    proc_.make_folder(folder + "/fdinfo");
  }
  return state('Z');
}

std::vector<std::string> FakeProcess::table_folders() const {
  std::vector<std::string> folders = sharing_;
  if (leader_has_table_) folders.push_back(folder_);
  return folders;
}

void FakeProcess::write_table(const std::string& folder) {
  proc_.make_folder(folder + "/fd");
  proc_.make_folder(folder + "/fdinfo");
  for (const auto& [number, descriptor] : descriptors_) {
    proc_.link(fmt::format("{}/fd/{}", folder, number), descriptor.link);
    proc_.file(fmt::format("{}/fdinfo/{}", folder, number), descriptor.info);
  }
}

void FakeProcess::write_table_entry(int number) {
  const Descriptor& descriptor = descriptors_.at(number);
  for (const std::string& folder : table_folders()) {
    proc_.link(fmt::format("{}/fd/{}", folder, number), descriptor.link);
    proc_.file(fmt::format("{}/fdinfo/{}", folder, number), descriptor.info);
  }
}

FakeProc::FakeProc() : FakeProc(new_folder()) {
  is_temporary_ = true;
}

FakeProc::FakeProc(std::string path) : path_(std::move(path)) {
  file_nr(1000, 65536);
  total_threads(100);
}

FakeProc::~FakeProc() {
  if (!is_temporary_) return;
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

FakeProcess& FakeProc::process(int pid) {
  const std::string folder = std::to_string(pid);
  const bool is_new = !processes_.contains(folder);
  FakeProcess& process = add(pid, folder);
  if (is_new) process.threads({});
  return process;
}

FakeProcess& FakeProc::add(int pid, const std::string& folder) {
  const auto [at, added] = processes_.try_emplace(folder, FakeProcess(*this, pid, folder));
  if (added) at->second.write_all();
  return at->second;
}

FakeProc& FakeProc::remove_process(int pid) {
  const std::string folder = std::to_string(pid);
  std::erase_if(processes_, [&folder](const auto& entry) {
    return entry.first == folder || entry.first.starts_with(folder + "/");
  });
  return remove(folder);
}

FakeProc& FakeProc::sysctl(std::string_view name, std::string_view value) {
  return file(fmt::format("sys/{}", name), fmt::format("{}\n", value));
}

FakeProc& FakeProc::file_nr(std::uint64_t allocated, std::uint64_t limit) {
  sysctl("fs/file-max", std::to_string(limit));
  return sysctl("fs/file-nr", fmt::format("{}\t0\t{}", allocated, limit));
}

FakeProc& FakeProc::total_threads(std::uint64_t count) {
  return file("loadavg", fmt::format("0.00 0.12 0.12 2/{} 5849\n", count));
}

FakeProc& FakeProc::file(std::string_view relative, std::string_view text) {
  const fs::path at = absolute(relative);
  fs::create_directories(at.parent_path());
  std::ofstream out(at, std::ios::binary | std::ios::trunc);
  out << text;
  out.close();
  if (!out) throw std::system_error(errno, std::generic_category(), "write " + at.string());
  return *this;
}

FakeProc& FakeProc::link(std::string_view relative, std::string_view target) {
  const fs::path at = absolute(relative);
  fs::create_directories(at.parent_path());
  fs::remove(at);
  fs::create_symlink(fs::path(target), at);
  return *this;
}

FakeProc& FakeProc::remove(std::string_view relative) {
  fs::remove_all(absolute(relative));
  return *this;
}

FakeProc& FakeProc::deny(std::string_view relative) {
  fs::permissions(absolute(relative), fs::perms::none);
  return *this;
}

std::string FakeProc::absolute(std::string_view relative) const {
  return fmt::format("{}/{}", path_, relative);
}

void FakeProc::make_folder(std::string_view relative) {
  fs::create_directories(absolute(relative));
}

}  // namespace kcommons::test
