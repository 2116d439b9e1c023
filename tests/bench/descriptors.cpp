#include "descriptors.hpp"

#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "surroundings.hpp"

namespace bench {
namespace {

// Different names for the regular files of the mix. More would only cost inodes: every open is a
// file of its own to the kernel, whatever its name.
constexpr unsigned kRegularFiles = 1000;
constexpr unsigned kKinds = 5;

void opened(int fd, const std::string& what) {
  if (fd < 0) throw_errno("cannot open " + what);
}

void open_null(unsigned count) {
  for (unsigned i = 0; i < count; ++i) opened(open("/dev/null", O_RDWR | O_CLOEXEC), "/dev/null");
}

// Each process starts at another name, so that all names are in use.
void open_regular(unsigned count, unsigned first, const std::vector<std::string>& files) {
  for (unsigned i = 0; i < count; ++i) {
    const std::string& path = files[(first + i) % kRegularFiles];
    opened(open(path.c_str(), O_RDONLY | O_CLOEXEC), path);
  }
}

void open_sockets(unsigned pairs) {
  for (unsigned i = 0; i < pairs; ++i) {
    int ends[2] = {-1, -1};
    opened(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), "a socket pair");
  }
}

void open_pipes(unsigned count) {
  for (unsigned i = 0; i < count; ++i) {
    int ends[2] = {-1, -1};
    opened(pipe2(ends, O_CLOEXEC), "a pipe");
  }
}

void open_eventfds(unsigned count) {
  for (unsigned i = 0; i < count; ++i) opened(eventfd(0, EFD_CLOEXEC), "an eventfd");
}

// Sockets and pipes come in pairs; /dev/null takes what is left over.
void open_mixed(unsigned count, unsigned index, const std::vector<std::string>& files) {
  const unsigned part = count / kKinds;
  open_regular(part, index * part, files);
  open_sockets(part / 2);
  open_pipes(part / 2);
  open_eventfds(part);
  open_null(count - 2 * part - 2 * 2 * (part / 2));
}

void watch(int instance, unsigned count, const std::vector<std::string>& files) {
  for (unsigned i = 0; i < count; ++i)
    if (inotify_add_watch(instance, files[i].c_str(), IN_ATTRIB) < 0)
      throw_errno("cannot watch " + files[i] + " (fs.inotify.max_user_watches?)");
}

}  // namespace

unsigned descriptors_of(const Options& options, unsigned index) {
  return options.descriptors + share(options.inotify_instances, options.processes, index);
}

unsigned files_needed(const Options& options) {
  const unsigned watched = options.inotify_instances == 0 ? 0 : options.watches;
  const bool regular = options.mix == Mix::mixed && options.descriptors >= kKinds;
  return std::max(watched, regular ? kRegularFiles : 0);
}

void open_descriptors(const Options& options, unsigned index,
                      const std::vector<std::string>& files) {
  if (options.mix == Mix::null)
    open_null(options.descriptors);
  else
    open_mixed(options.descriptors, index, files);
  const unsigned instances = share(options.inotify_instances, options.processes, index);
  for (unsigned i = 0; i < instances; ++i) {
    const int instance = inotify_init1(IN_CLOEXEC);
    if (instance < 0)
      throw_errno("cannot open an inotify instance (fs.inotify.max_user_instances?)");
    watch(instance, options.watches, files);
  }
}

}  // namespace bench
