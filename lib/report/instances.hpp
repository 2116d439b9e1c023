// The inotify instances of a process, and what one of them watches: the last two steps down from a
// pool to a file. Read only when somebody asks. Plain values; text in them is as the kernel gave
// it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.hpp"
#include "base/result.hpp"
#include "census/census.hpp"

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

// Of a census, without a look at the process: which descriptors lead to them is not known. Nothing
// where the census has no such process. Pure, thread-safe, as what follows.
std::optional<Instances> instances_of(const census::Census& census, Pid pid);

// As the daemon's API gives them; schema/api.schema.json.
std::string instances_json(const Instances& instances);
Result<Instances> parse_instances_json(std::string_view json);

}  // namespace kcommons::report
