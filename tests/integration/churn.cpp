// churn: processes that come and go, for a census to stumble over.
//
//   churn RATE SECONDS [CGROUP-ROOT]
//
// Makes RATE short-lived processes a second, for SECONDS. Every second one just exits; the others
// in turn start threads that live on when the leader has ended, open and close descriptors while
// they are looked at, hold inotify instances, or leave a child behind. With CGROUP-ROOT, a folder
// of a cgroup hierarchy, every eighth lives in a cgroup of its own, made and removed for it, whose
// name is that of a Docker container.
//
// A machine that is too slow makes fewer: how many there were is printed. Exit status 1 when there
// were none. Leaves nothing behind.
#include <fcntl.h>
#include <sched.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <string>
#include <thread>
#include <vector>

namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kLife{20};
constexpr unsigned kKinds = 8;

// In a child that was forked from a process with one thread, so the library may be used.
void rest(milliseconds duration) {
  std::this_thread::sleep_for(duration);
}

// The leader ends first: its threads keep the table, of which /proc/PID/fd shows nothing then.
[[noreturn]] void live_with_threads() {
  for (int i = 0; i < 3; ++i) {
    std::thread([i] {
      if (i == 0) static_cast<void>(::unshare(CLONE_FILES));
      rest(kLife);
    }).detach();
  }
  ::pthread_exit(nullptr);
}

[[noreturn]] void live_with_descriptors() {
  std::vector<int> open;
  const auto end = steady_clock::now() + kLife;
  while (steady_clock::now() < end) {
    for (int i = 0; i < 50; ++i) open.push_back(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    int ends[2] = {-1, -1};
    if (::pipe2(ends, O_CLOEXEC) == 0) open.insert(open.end(), {ends[0], ends[1]});
    rest(milliseconds(1));
    for (const int fd : open) ::close(fd);
    open.clear();
  }
  ::_exit(0);
}

[[noreturn]] void live_with_inotify() {
  for (int i = 0; i < 3; ++i) {
    const int instance = ::inotify_init1(IN_CLOEXEC);
    for (const char* path : {"/", "/proc", "/tmp"}) ::inotify_add_watch(instance, path, IN_ATTRIB);
    rest(kLife / 4);
    if (i % 2 == 0) ::close(instance);
  }
  ::_exit(0);
}

// The grandchild belongs to init, or to whoever adopts.
[[noreturn]] void leave_a_child() {
  if (::fork() == 0) {
    rest(kLife);
    ::_exit(0);
  }
  ::_exit(0);
}

void write_pid(const std::string& procs) {
  const int file = ::open(procs.c_str(), O_WRONLY | O_CLOEXEC);
  if (file < 0) return;
  static_cast<void>(::write(file, "0", 1) == 1);
  ::close(file);
}

[[noreturn]] void live(unsigned kind, const std::string& cgroup) {
  if (!cgroup.empty()) write_pid(cgroup + "/cgroup.procs");
  switch (kind) {
    case 1:
      live_with_threads();
    case 3:
      live_with_descriptors();
    case 5:
      live_with_inotify();
    case 7:
      leave_a_child();
    default:
      ::_exit(0);
  }
}

// 64 digits, as Docker makes ids: ours by the PID, each by its number.
std::string id_of(std::uint64_t number) {
  std::array<char, 65> text{};
  static_cast<void>(std::snprintf(text.data(), text.size(), "%032llx%032llx",
                                  static_cast<unsigned long long>(::getpid()),
                                  static_cast<unsigned long long>(number)));
  return text.data();
}

class Churn final {
 public:
  explicit Churn(std::string cgroup_root) : root_(std::move(cgroup_root)) {}

  void run(unsigned rate, std::chrono::seconds duration) {
    const auto begun = steady_clock::now();
    const std::uint64_t goal = rate * static_cast<std::uint64_t>(duration.count());
    for (std::uint64_t i = 0; i < goal; ++i) {
      std::this_thread::sleep_until(begun + std::chrono::nanoseconds(1'000'000'000) * i / rate);
      if (steady_clock::now() - begun > duration) break;
      make(i);
      reap(WNOHANG);
      remove_cgroups();
    }
    reap(0);
    for (int attempt = 0; attempt < 100 && !cgroups_.empty(); ++attempt) {
      remove_cgroups();
      rest(kLife);
    }
  }

  [[nodiscard]] std::uint64_t made() const { return made_; }
  [[nodiscard]] std::uint64_t cgroups_made() const { return cgroups_made_; }

 private:
  void make(std::uint64_t number) {
    const auto kind = static_cast<unsigned>(number % kKinds);
    std::string cgroup;
    if (!root_.empty() && (number / kKinds) % 4 == 0 && kind % 2 == 1) {
      cgroup = root_ + "/docker-" + id_of(number) + ".scope";
      if (::mkdir(cgroup.c_str(), 0755) == 0) {
        cgroups_.push_back(cgroup);
        ++cgroups_made_;
      } else {
        cgroup.clear();
      }
    }
    const pid_t pid = ::fork();
    if (pid == 0) live(kind, cgroup);
    if (pid > 0) ++made_;
  }

  static void reap(int options) {
    while (::waitpid(-1, nullptr, options) > 0) {
    }
  }

  // Those that are empty go; a cgroup may be removed while a zombie of it is left.
  void remove_cgroups() {
    std::erase_if(cgroups_, [](const std::string& path) { return ::rmdir(path.c_str()) == 0; });
  }

  std::string root_;
  std::uint64_t made_ = 0;
  std::uint64_t cgroups_made_ = 0;
  std::vector<std::string> cgroups_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3 && argc != 4) {
    static_cast<void>(std::fputs("usage: churn RATE SECONDS [CGROUP-ROOT]\n", stderr));
    return 2;
  }
  try {
    Churn churn(argc == 4 ? argv[3] : "");
    churn.run(static_cast<unsigned>(std::max(std::stoi(argv[1]), 1)),
              std::chrono::seconds(std::stoi(argv[2])));
    std::printf("made %llu processes, %llu of them in cgroups of their own\n",
                static_cast<unsigned long long>(churn.made()),
                static_cast<unsigned long long>(churn.cgroups_made()));
    return churn.made() == 0 ? 1 : 0;
  } catch (const std::exception& error) {
    static_cast<void>(std::fprintf(stderr, "churn: %s\n", error.what()));
    return 2;
  }
}
