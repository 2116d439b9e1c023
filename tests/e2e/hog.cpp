// e2e_hog: takes a shared pool until it is full, or shows what it is to be the victim of that. It
// stands alone in the containers of the end-to-end tests, so it is static and uses libc only.
//
//   e2e_hog files N|until-enfile [--leave K]     hold N open files, or all that there are but K
//   e2e_hog watches N|until-enospc DIRECTORY     hold N inotify watches, or all that there are
//   e2e_hog open-one FILE                        open FILE once; exit 1 if that failed
//   e2e_hog open-loop FILE                       open FILE 20 times a second
//
// The first two hold until they are killed, and take again what others release: a pool that was
// filled once does not stay full on a machine where other programs come and go. Each change is a
// line on stdout, "files: 6012" or "watches: 3000 full"; "full" says that the kernel refused the
// next one. The victims print "open: OK" or the name and text of the errno.
#include <fcntl.h>
#include <sys/inotify.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace {

constexpr long kAll = std::numeric_limits<long>::max();
constexpr long kRetryNanoseconds = 10'000'000;
constexpr long kVictimNanoseconds = 50'000'000;

void rest(long nanoseconds) {
  const timespec duration = {0, nanoseconds};
  nanosleep(&duration, nullptr);
}

[[noreturn]] void fail(const char* what) {
  std::fprintf(stderr, "e2e_hog: %s: %s (%s)\n", what, strerrorname_np(errno),
               std::strerror(errno));
  std::exit(1);
}

[[noreturn]] void usage() {
  std::fputs(
      "usage: e2e_hog files N|until-enfile [--leave K] | watches N|until-enospc DIRECTORY |\n"
      "       open-one FILE | open-loop FILE\n",
      stderr);
  std::exit(2);
}

long parse_count(const char* text) {
  char* end = nullptr;
  errno = 0;
  const long count = std::strtol(text, &end, 10);
  if (errno != 0 || end == text || *end != '\0' || count < 0) usage();
  return count;
}

long parse_goal(const char* text, std::string_view all) {
  return text == all ? kAll : parse_count(text);
}

// Prints the count when it or the fullness is another than the last time.
class Progress final {
 public:
  explicit Progress(const char* what) : what_(what) {}
  void show(long count, bool full) {
    if (count == count_ && full == full_) return;
    count_ = count;
    full_ = full;
    std::printf("%s: %ld%s\n", what_, count, full ? " full" : "");
  }

 private:
  const char* what_;
  long count_ = -1;
  bool full_ = false;
};

void raise_descriptor_limit() {
  rlimit limit = {};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) fail("getrlimit");
  limit.rlim_cur = limit.rlim_max;
  if (setrlimit(RLIMIT_NOFILE, &limit) != 0) fail("setrlimit");
}

[[noreturn]] void hold_files(long goal, long leave) {
  raise_descriptor_limit();
  Progress progress("files");
  std::vector<int> files;
  for (bool left = false;;) {
    bool full = false;
    while (!left && static_cast<long>(files.size()) < goal && !full) {
      const int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
      if (fd < 0 && errno != ENFILE) fail("open /dev/null");
      if (fd < 0)
        full = true;
      else
        files.push_back(fd);
    }
    // With --leave the pool is meant to have room: what was left is not taken again.
    if (full && leave > 0) {
      left = true;
      for (long i = 0; i < leave && !files.empty(); ++i) {
        close(files.back());
        files.pop_back();
      }
    }
    progress.show(static_cast<long>(files.size()), full);
    rest(kRetryNanoseconds);
  }
}

// One directory per watch: making one opens no file, and a second watch of the same inode would
// replace the first.
[[noreturn]] void hold_watches(long goal, const std::string& directory) {
  const int group = inotify_init1(IN_CLOEXEC);
  if (group < 0) fail("inotify_init1");
  Progress progress("watches");
  for (long count = 0;;) {
    bool full = false;
    while (count < goal && !full) {
      const std::string path = directory + "/" + std::to_string(count);
      if (mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) fail(path.c_str());
      if (inotify_add_watch(group, path.c_str(), IN_CREATE) >= 0)
        ++count;
      else if (errno == ENOSPC)
        full = true;
      else
        fail("inotify_add_watch");
    }
    progress.show(count, full);
    rest(kRetryNanoseconds);
  }
}

// The errno of opening the file, 0 if it went well.
int try_open(const char* path) {
  const int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return errno;
  close(fd);
  return 0;
}

void show_outcome(int error) {
  if (error == 0)
    std::puts("open: OK");
  else
    std::printf("open: %s (%s)\n", strerrorname_np(error), std::strerror(error));
}

[[noreturn]] void open_again_and_again(const char* path) {
  for (int last = -1;;) {
    const int error = try_open(path);
    if (error != last) show_outcome(error);
    last = error;
    rest(kVictimNanoseconds);
  }
}

int run(const std::vector<const char*>& words) {
  if (words.size() < 2) usage();
  const std::string_view command = words[0];
  if (command == "files" && words.size() == 2) hold_files(parse_goal(words[1], "until-enfile"), 0);
  if (command == "files" && words.size() == 4 && std::string_view(words[2]) == "--leave")
    hold_files(parse_goal(words[1], "until-enfile"), parse_count(words[3]));
  if (command == "watches" && words.size() == 3)
    hold_watches(parse_goal(words[1], "until-enospc"), words[2]);
  if (command == "open-loop" && words.size() == 2) open_again_and_again(words[1]);
  if (command != "open-one" || words.size() != 2) usage();
  const int error = try_open(words[1]);
  show_outcome(error);
  return error == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  try {
    return run({argv + 1, argv + argc});
  } catch (const std::exception& error) {
    std::fprintf(stderr, "e2e_hog: %s\n", error.what());
    return 1;
  }
}
