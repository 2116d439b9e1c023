// integration_holder: holds what a test wants to find again, until it is killed.
//
//   integration_holder DESCRIPTORS WATCHES FOLDER
//
// DESCRIPTORS in all: standard input, output and error, one inotify instance, the rest /dev/null.
// Each of the WATCHES is on a file of its own, made in FOLDER. Prints "ready PID" when all is
// there.
#include <fcntl.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <string>

namespace {

[[noreturn]] void fail(const std::string& what) {
  static_cast<void>(
      std::fprintf(stderr, "integration_holder: %s: %s\n", what.c_str(), std::strerror(errno)));
  std::exit(1);
}

void hold(int descriptors, int watches, const std::string& folder) {
  // Whatever else was inherited would be counted too.
  if (::close_range(3, ~0U, 0) != 0) fail("close_range");
  const int instance = ::inotify_init1(0);
  if (instance < 0) fail("inotify_init1");
  for (int i = 0; i < watches; ++i) {
    const std::string path = folder + "/" + std::to_string(i);
    const int file = ::open(path.c_str(), O_CREAT | O_WRONLY, 0600);
    if (file < 0) fail("open " + path);
    ::close(file);
    if (::inotify_add_watch(instance, path.c_str(), IN_MODIFY) < 0) fail("watch " + path);
  }
  for (int held = 4; held < descriptors; ++held) {
    if (::open("/dev/null", O_RDONLY) < 0) fail("open /dev/null");
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    static_cast<void>(std::fputs("usage: integration_holder DESCRIPTORS WATCHES FOLDER\n", stderr));
    return 2;
  }
  try {
    hold(std::stoi(argv[1]), std::stoi(argv[2]), argv[3]);
  } catch (const std::exception& error) {
    static_cast<void>(std::fprintf(stderr, "integration_holder: %s\n", error.what()));
    return 2;
  }
  std::printf("ready %d\n", ::getpid());
  static_cast<void>(std::fflush(stdout));
  for (;;) ::pause();
}
