// What a load needs around its processes, and what must be gone after it: files to open and to
// watch, cgroups that look like containers. The objects remove what they made when they are
// destroyed, which must happen in the process that made them, when the others have ended.
//
// Failures throw std::runtime_error. Not thread-safe.
#pragma once

#include <string>
#include <vector>

namespace bench {

// The text of errno after what was tried.
[[noreturn]] void throw_errno(const std::string& tried);

// A directory of empty files, each with an inode of its own, below $TMPDIR or /tmp.
class Files final {
 public:
  explicit Files(unsigned count);
  ~Files();
  Files(const Files&) = delete;
  Files& operator=(const Files&) = delete;

  [[nodiscard]] const std::vector<std::string>& paths() const { return paths_; }

 private:
  void make(unsigned count);
  void remove();

  std::string directory_;
  std::vector<std::string> paths_;
};

// Cgroups as dockerd makes them with its cgroupfs driver, docker/ID, in the hierarchy that has the
// memory controller: version 1 where it is mounted so, else the unified one.
class Containers final {
 public:
  explicit Containers(unsigned count);
  ~Containers();
  Containers(const Containers&) = delete;
  Containers& operator=(const Containers&) = delete;

  [[nodiscard]] std::size_t count() const { return paths_.size(); }
  // Moves the calling process, and only it.
  void enter(std::size_t index) const;

  // What a load that was killed left behind: cgroups with our mark in which nobody is.
  static void remove_leftovers();

 private:
  void make(unsigned count);
  void remove();

  std::string parent_;
  bool made_parent_ = false;
  std::vector<std::string> paths_;
};

}  // namespace bench
