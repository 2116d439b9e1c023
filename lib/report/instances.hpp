// The inotify instances of a process, and what one of them watches: the last two steps down from a
// pool to a file. Read only when somebody asks. Plain values; text in them is as the kernel gave
// it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/ids.hpp"

namespace kcommons::report {

struct InotifyInstance {
  int fd = -1;  // the lowest descriptor that leads to it
  std::uint64_t watches = 0;
};

struct Instances {
  Pid pid;
  std::string command;                     // comm, raw
  std::vector<InotifyInstance> instances;  // the most watches first
  std::vector<std::string> limits;         // what could not be told, in words
};

struct Watch {
  int wd = 0;  // watch descriptor
  std::uint64_t inode = 0;
  std::uint64_t device = 0;  // dev_t as stat(2) gives it, of the filesystem
  std::string path;          // as the host sees it; empty where it could not be found
};

struct Watches {
  Pid pid;
  int fd = -1;
  std::uint64_t total = 0;          // how many it has
  std::vector<Watch> watches;       // the first of them
  std::size_t resolved = 0;         // of those, how many have a path
  std::vector<std::string> limits;  // why not all are shown, or have a path, in words
};

}  // namespace kcommons::report
