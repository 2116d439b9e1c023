// Two processes of this machine in a container of their own: a cgroup as dockerd makes it. They
// hold what a tree of files cannot show: descriptors that are one file, user and network
// namespaces.
#pragma once

#include <sys/types.h>

#include <functional>
#include <optional>
#include <string>

namespace kcommons::test {

class RealWorld final {
 public:
  // Throws where no cgroup can be made, or no process; needs root.
  RealWorld();
  ~RealWorld();
  RealWorld(const RealWorld&) = delete;
  RealWorld& operator=(const RealWorld&) = delete;

  [[nodiscard]] const std::string& container_id() const { return id_; }
  // Of the first process.
  [[nodiscard]] pid_t pid() const { return pid_; }
  // A path of /proc, whatever the numbers in it: "N/ns/user".
  static std::string kind_of(const std::string& path);

 private:
  void start();

  std::string id_;
  std::string parent_;
  bool made_parent_ = false;
  pid_t pid_ = -1;
};

// Runs in a child that is the first process of a PID namespace with a /proc of its own, so that
// nobody else is seen, and gives what `run` gives, of 0 to 254; empty where that cannot be had. In
// a process of one thread.
std::optional<int> run_alone(const std::function<int()>& run);

}  // namespace kcommons::test
