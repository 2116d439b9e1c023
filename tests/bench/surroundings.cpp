#include "surroundings.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string_view>
#include <thread>

namespace bench {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;

// "kcommons" in hexadecimal ends every id that is made here, so that what a killed load has left
// can be told from containers of others.
constexpr std::string_view kMark = "6b636f6d6d6f6e73";
constexpr std::size_t kIdLength = 64;

void complain(const std::string& what) {
  std::fprintf(stderr, "bench_load: %s\n", what.c_str());
}

bool has_word(const std::string& list, char separator, std::string_view wanted) {
  std::istringstream words(list);
  for (std::string word; std::getline(words, word, separator);)
    if (word == wanted) return true;
  return false;
}

// A line of /proc/self/mountinfo, see proc_pid_mountinfo(5):
//   34 29 0:28 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory
// The mount point is the fifth word; type, source and options follow the "-".
struct Mount {
  std::string point;
  std::string type;
  std::string options;
};

Mount parse_mount(const std::string& line) {
  Mount mount;
  std::istringstream words(line);
  std::string word;
  for (int i = 0; i < 5; ++i) words >> mount.point;
  while (words >> word && word != "-") {
  }
  words >> mount.type >> word >> mount.options;
  return mount;
}

// Where containers of the memory hierarchy are; empty where there is no such hierarchy.
std::string container_parent() {
  std::ifstream mounts("/proc/self/mountinfo");
  std::string unified;
  for (std::string line; std::getline(mounts, line);) {
    const Mount mount = parse_mount(line);
    if (mount.type == "cgroup" && has_word(mount.options, ',', "memory"))
      return mount.point + "/docker";
    if (mount.type == "cgroup2" && unified.empty()) unified = mount.point + "/docker";
  }
  return unified;
}

// SplitMix64: ids shall look as random as Docker's do, also in their first 12 digits, which are the
// name that people see.
std::uint64_t scramble(std::uint64_t value) {
  value += 0x9e3779b97f4a7c15;
  value = (value ^ (value >> 30U)) * 0xbf58476d1ce4e5b9;
  value = (value ^ (value >> 27U)) * 0x94d049bb133111eb;
  return value ^ (value >> 31U);
}

// Unlike those of other loads that run at the same time: their PID is another.
std::string container_id(unsigned index) {
  std::uint64_t state =
      (static_cast<std::uint64_t>(static_cast<std::uint32_t>(getpid())) << 32U) | index;
  std::string id;
  while (id.size() + kMark.size() < kIdLength) {
    state = scramble(state);
    std::array<char, 17> digits = {};
    std::snprintf(digits.data(), digits.size(), "%016llx", static_cast<unsigned long long>(state));
    id += digits.data();
  }
  return id.append(kMark);
}

// A cgroup is busy for a moment after its last process was reaped.
bool remove_cgroup(const std::string& path) {
  for (int tries = 0; tries < 100; ++tries) {
    if (rmdir(path.c_str()) == 0 || errno == ENOENT) return true;
    if (errno != EBUSY) break;
    std::this_thread::sleep_for(milliseconds(20));
  }
  complain("cannot remove " + path + ": " + std::strerror(errno));
  return false;
}

}  // namespace

void throw_errno(const std::string& tried) {
  throw std::runtime_error(tried + ": " + std::strerror(errno));
}

Files::Files(unsigned count) {
  if (count == 0) return;
  const char* temporary = std::getenv("TMPDIR");
  std::string pattern = temporary != nullptr && *temporary != '\0' ? temporary : "/tmp";
  pattern += "/kcommons-bench-load.XXXXXX";
  if (mkdtemp(pattern.data()) == nullptr) throw_errno("cannot make " + pattern);
  directory_ = pattern;
  try {
    make(count);
  } catch (...) {
    remove();
    throw;
  }
}

Files::~Files() {
  remove();
}

void Files::make(unsigned count) {
  // The processes may run as somebody else.
  if (chmod(directory_.c_str(), 0755) != 0) throw_errno("cannot open up " + directory_);
  paths_.reserve(count);
  for (unsigned i = 0; i < count; ++i) {
    std::string path = directory_ + "/" + std::to_string(i);
    const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (fd < 0) throw_errno("cannot make " + path);
    close(fd);
    paths_.push_back(std::move(path));
  }
}

void Files::remove() {
  if (directory_.empty()) return;
  std::error_code error;
  fs::remove_all(directory_, error);
  if (error) complain("cannot remove " + directory_ + ": " + error.message());
  directory_.clear();
}

Containers::Containers(unsigned count) {
  if (count == 0) return;
  parent_ = container_parent();
  if (parent_.empty()) throw std::runtime_error("cannot make containers: no cgroups are mounted");
  try {
    make(count);
  } catch (...) {
    remove();
    throw;
  }
}

Containers::~Containers() {
  remove();
}

void Containers::make(unsigned count) {
  made_parent_ = mkdir(parent_.c_str(), 0755) == 0;
  if (!made_parent_ && errno != EEXIST) throw_errno("cannot make cgroup " + parent_);
  paths_.reserve(count);
  for (unsigned i = 0; i < count; ++i) {
    std::string path = parent_ + "/" + container_id(i);
    if (mkdir(path.c_str(), 0755) != 0) throw_errno("cannot make cgroup " + path);
    paths_.push_back(std::move(path));
  }
}

void Containers::enter(std::size_t index) const {
  const std::string path = paths_[index] + "/cgroup.procs";
  const int fd = open(path.c_str(), O_WRONLY | O_CLOEXEC);
  if (fd < 0) throw_errno("cannot open " + path);
  // 0 is the process that writes, in both versions.
  const bool moved = write(fd, "0", 1) == 1;
  const int error = errno;
  close(fd);
  errno = error;
  if (!moved) throw_errno("cannot enter " + path);
}

void Containers::remove() {
  for (const std::string& path : paths_) remove_cgroup(path);
  paths_.clear();
  // Somebody's container may have come into it meanwhile; then it stays.
  if (made_parent_) rmdir(parent_.c_str());
  made_parent_ = false;
}

void Containers::remove_leftovers() {
  const std::string parent = container_parent();
  std::error_code ignored;
  std::vector<std::string> marked;
  for (const auto& entry : fs::directory_iterator(parent, ignored)) {
    const std::string name = entry.path().filename();
    if (name.size() == kIdLength && name.ends_with(kMark)) marked.push_back(entry.path());
  }
  if (marked.empty()) return;
  // Those in use refuse it.
  for (const std::string& path : marked) remove_cgroup(path);
  // dockerd makes it anew when it needs it.
  rmdir(parent.c_str());
}

}  // namespace bench
