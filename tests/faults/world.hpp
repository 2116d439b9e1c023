// A small machine whose every number is known, in folders that look like /proc, /sys and the root
// of a host. It has one of each thing that a census reads in a way of its own: containers of
// several runtimes with what these leave on disk, a shim, a thread with a table of its own, pipes
// and sockets that processes share, inotify instances, network namespaces with drops, a process
// whose cgroup is removed.
#pragma once

#include <cstdint>
#include <string>

#include "fake_proc.hpp"

namespace kcommons::test {

class World final {
 public:
  World();

  // The cgroup of one process goes, and the process stays.
  void remove_a_cgroup();
  void restore_the_cgroup();

  // What a path is, whatever the numbers in it and wherever the folders are: "N/fd/N",
  // "sys: block/loopN/loop/backing_file", "root: etc/passwd".
  [[nodiscard]] std::string kind_of(const std::string& path) const;

  // As config.v2.json and others name it, of one digit.
  static std::string id(char digit) { return std::string(64, digit); }

  FakeProc proc;
  FakeProc sysfs;
  FakeProc root;

 private:
  void add_kernel();
  void add_host();
  void add_docker();
  void add_kubernetes();
  void add_podman();
  void add_others();
  void put_in_network(int pid, std::int64_t net_ns, int drops);
};

}  // namespace kcommons::test
