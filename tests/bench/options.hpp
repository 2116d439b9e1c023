// The command line of bench_load. Pure but for parse(), which uses getopt and its globals: call it
// once, from main.
#pragma once

#include <sys/types.h>

#include <optional>

namespace bench {

// What the descriptors of a process are.
enum class Mix {
  // /dev/null and nothing else: the cheapest to open, one inode for all.
  null,
  // Regular files, unix sockets, pipes, eventfds and /dev/null in equal parts, which is near what
  // servers hold; as names in /proc/PID/fd, sockets and pipes are all different.
  mixed,
};

struct Options {
  unsigned processes = 1;
  unsigned descriptors = 0;  // of each process, inotify instances not included
  unsigned inotify_instances = 0;
  unsigned watches = 0;  // of each instance
  unsigned containers = 0;
  Mix mix = Mix::mixed;
  std::optional<uid_t> uid;
  bool remove_leftovers = false;
};

// Throws std::invalid_argument that says what is wrong with which option.
Options parse(int argc, char** argv);

const char* usage();

// How many of `total` fall to number `index` of `count`, when they are dealt out one by one.
constexpr unsigned share(unsigned total, unsigned count, unsigned index) {
  return total / count + (index < total % count ? 1 : 0);
}

}  // namespace bench
