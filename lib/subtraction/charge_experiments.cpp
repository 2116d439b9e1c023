#include <sched.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string>

#include "base/text.hpp"
#include "subtraction/fill_experiments.hpp"
#include "subtraction/fresh_namespaces.hpp"
#include "subtraction/inside.hpp"
#include "subtraction/limit_sysctls.hpp"
#include "subtraction/takers.hpp"

namespace kcommons::subtraction {

namespace {

using catalogue::ResourceId;

// What has a limit in /proc/sys/user, and so one for each user namespace (kernel/ucount.c).
struct BySysctl {
  ResourceId id;
  const char* path;
  int (*take)(Holder&);
};

template <int kFlag>
int take_one(Holder& holder) {
  return take_namespace(holder, kFlag);
}
constexpr int kTimeFlag = 0x80;  // CLONE_NEWTIME

// User namespaces first: each experiment makes one, and the kernel frees them some time later.
constexpr std::array kBySysctl{
    BySysctl{ResourceId::kUserNamespaces, "sys/user/max_user_namespaces", take_one<CLONE_NEWUSER>},
    BySysctl{ResourceId::kInotifyInstances, "sys/user/max_inotify_instances",
             take_inotify_instance},
    BySysctl{ResourceId::kInotifyWatches, "sys/user/max_inotify_watches", take_inotify_watch},
    BySysctl{ResourceId::kFanotifyGroups, "sys/user/max_fanotify_groups", take_fanotify_group},
    BySysctl{ResourceId::kFanotifyMarks, "sys/user/max_fanotify_marks", take_fanotify_mark},
    BySysctl{ResourceId::kPidNamespaces, "sys/user/max_pid_namespaces", take_one<CLONE_NEWPID>},
    BySysctl{ResourceId::kUtsNamespaces, "sys/user/max_uts_namespaces", take_one<CLONE_NEWUTS>},
    BySysctl{ResourceId::kIpcNamespaces, "sys/user/max_ipc_namespaces", take_one<CLONE_NEWIPC>},
    BySysctl{ResourceId::kNetNamespaces, "sys/user/max_net_namespaces", take_one<CLONE_NEWNET>},
    BySysctl{ResourceId::kMntNamespaces, "sys/user/max_mnt_namespaces", take_one<CLONE_NEWNS>},
    BySysctl{ResourceId::kCgroupNamespaces, "sys/user/max_cgroup_namespaces",
             take_one<CLONE_NEWCGROUP>},
    BySysctl{ResourceId::kTimeNamespaces, "sys/user/max_time_namespaces", take_one<kTimeFlag>},
};
// Two limits: what is reached must follow them, or something else was the reason. Charged too are
// the namespaces that the experiment stands in, and those of the round before until the kernel has
// freed them: the second limit is more than twice the first for that.
constexpr std::array<std::uint64_t, 2> kSmallLimits{6, 16};

// What has a resource limit, of which a user namespace remembers that of its maker for its owner.
struct ByRlimit {
  ResourceId id;
  __rlimit_resource_t limit;
  std::array<rlim_t, 2> small;
  int (*take)(Holder&);
};
constexpr std::array kByRlimit{
    ByRlimit{ResourceId::kUserProcesses, RLIMIT_NPROC, {8, 12}, take_process},
    ByRlimit{ResourceId::kPendingSignals, RLIMIT_SIGPENDING, {4, 8}, take_signal},
    ByRlimit{ResourceId::kMqueueBytes, RLIMIT_MSGQUEUE, {2048, 4096}, take_message_queue},
    // The kernel compares the pages that the owner of a namespace has locked with a limit that it
    // keeps in bytes (mm/mlock.c, user_shm_lock; kernel/user_namespace.c): 4 bytes let through 4
    // pages.
    ByRlimit{ResourceId::kLockedMemoryBytes, RLIMIT_MEMLOCK, {4, 8}, take_locked_page},
};

// Where nothing fails up to here, nothing outside bounds it: 4096 bytes hold no more small queues.
constexpr std::uint64_t kTries = 64;

void take_all(const Talk& talk, Nested nested, int (*take)(Holder&)) {
  Holder holder;
  while (nested.reached < kTries) {
    nested.error = take(holder);
    if (nested.error != 0) break;
    ++nested.reached;
  }
  talk.say(line_of(nested));
}

void take_in_a_namespace(const Inside& inside, const BySysctl& kind, std::uint64_t outer_limit) {
  if (const auto entered = enter_user_namespace(inside.proc); !entered) {
    inside.talk.say(line_of(NotAsked{.resource = kind.id, .reason = entered.error().message()}));
    return;
  }
  const auto own = text::parse_number<std::uint64_t>(read_sysctl(inside.proc, kind.path));
  take_all(inside.talk,
           {.resource = kind.id, .outer_limit = outer_limit, .inner_limit = own.value_or(0)},
           kind.take);
}

void ask_by_sysctl(const Inside& inside, const BySysctl& kind) {
  const std::string before = read_sysctl(inside.proc, kind.path);
  if (before.empty()) {
    inside.talk.could_not(kind.id, std::string("open ") + kind.path, ENOENT);
    return;
  }
  for (const std::uint64_t limit : kSmallLimits) {
    const int error = write_sysctl(inside.proc, kind.path, std::to_string(limit));
    if (error != 0) return inside.talk.could_not(kind.id, std::string("write ") + kind.path, error);
    in_a_child(inside, [&] { take_in_a_namespace(inside, kind, limit); });
  }
  static_cast<void>(write_sysctl(inside.proc, kind.path, before));
}

// The limit of the maker at the time is what the owner is held to from then on
// (kernel/user_namespace.c, set_userns_rlimit_max); inside the process raises its own again, as far
// as it may.
void take_with_rlimit(const Inside& inside, const ByRlimit& kind, rlim_t small) {
  rlimit limit{};
  if (::getrlimit(kind.limit, &limit) != 0)
    return inside.talk.could_not(kind.id, "getrlimit", errno);
  limit.rlim_cur = small;
  if (::setrlimit(kind.limit, &limit) != 0) {
    return inside.talk.could_not(kind.id, "set a small resource limit", errno);
  }
  if (const auto entered = enter_user_namespace(inside.proc); !entered) {
    inside.talk.say(line_of(NotAsked{.resource = kind.id, .reason = entered.error().message()}));
    return;
  }
  limit.rlim_cur = limit.rlim_max;
  if (::setrlimit(kind.limit, &limit) != 0)
    return inside.talk.could_not(kind.id, "setrlimit", errno);
  take_all(inside.talk, {.resource = kind.id, .outer_limit = small, .inner_limit = limit.rlim_max},
           kind.take);
}

}  // namespace

void in_a_child(const Inside& inside, const std::function<void()>& act) {
  const pid_t pid = ::fork();
  if (pid == 0) {
    die_with_parent();
    // The paths of takers.hpp start there.
    if (::fchdir(inside.proc) == 0) act();
    ::_exit(0);
  }
  if (pid > 0) ::waitpid(pid, nullptr, 0);
}

void ask_charges(const Inside& inside) {
  for (const BySysctl& kind : kBySysctl) ask_by_sysctl(inside, kind);
  for (const ByRlimit& kind : kByRlimit) {
    for (const rlim_t small : kind.small) {
      in_a_child(inside, [&] { take_with_rlimit(inside, kind, small); });
    }
  }
  ask_fills(inside);
}

}  // namespace kcommons::subtraction
