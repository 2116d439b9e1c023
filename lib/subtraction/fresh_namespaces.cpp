#include "subtraction/fresh_namespaces.hpp"

#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <string_view>

namespace kcommons::subtraction {

namespace {

struct Kind {
  int flag;
  std::string_view name;
};
// Of cgroup (4.6) and time (5.6) namespaces a kernel may know nothing: EINVAL.
constexpr std::array kKinds{Kind{CLONE_NEWNET, "net"},       Kind{CLONE_NEWIPC, "ipc"},
                            Kind{CLONE_NEWPID, "pid"},       Kind{CLONE_NEWNS, "mnt"},
                            Kind{CLONE_NEWUTS, "uts"},       Kind{CLONE_NEWCGROUP, "cgroup"},
                            Kind{0x80 /* NEWTIME */, "time"}};

Result<void> write_own(int proc_fd, const char* path, const std::string& text) {
  const UniqueFd fd(::openat(proc_fd, path, O_WRONLY | O_CLOEXEC));
  if (!fd.is_open() || ::write(fd.get(), text.data(), text.size()) < 0) {
    return fail(Error::from_errno(errno, "write " + text + " to " + path));
  }
  return {};
}

}  // namespace

void die_with_parent() {
  static_cast<void>(::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0));
}

Result<void> become_user(Uid uid) {
  const std::string step = "become UID " + std::to_string(uid.value());
  if (::setgroups(0, nullptr) != 0 || ::setresgid(uid.value(), uid.value(), uid.value()) != 0 ||
      ::setresuid(uid.value(), uid.value(), uid.value()) != 0) {
    return fail(Error::from_errno(errno, step));
  }
  // Its own /proc/self would belong to root otherwise, and uid_map could not be written.
  if (::prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) != 0) return fail(Error::from_errno(errno, step));
  return {};
}

Result<void> enter_user_namespace(int proc_fd) {
  const std::string uid = std::to_string(::geteuid());
  const std::string gid = std::to_string(::getegid());
  if (::unshare(CLONE_NEWUSER) != 0) {
    return fail(Error::from_errno(errno, "make a user namespace as UID " + uid));
  }
  for (const auto& [path, text] : {std::pair{"self/setgroups", std::string("deny")},
                                   {"self/uid_map", "0 " + uid + " 1"},
                                   {"self/gid_map", "0 " + gid + " 1"}}) {
    if (auto written = write_own(proc_fd, path, text); !written) return written;
  }
  return {};
}

Result<std::string> enter_fresh_namespaces(int proc_fd) {
  if (const auto entered = enter_user_namespace(proc_fd); !entered) return fail(entered.error());
  std::string names = "user";
  for (const Kind& kind : kKinds) {
    if (::unshare(kind.flag) != 0) {
      if (errno == EINVAL) continue;
      return fail(Error::from_errno(errno, "make a namespace: " + std::string(kind.name)));
    }
    names += ", ";
    names += kind.name;
  }
  return names;
}

Result<UniqueFd> detached_mount(const char* type, const char* option, const char* value) {
  const std::string step = "mount a fresh " + std::string(type);
  const UniqueFd context(::fsopen(type, FSOPEN_CLOEXEC));
  if (!context.is_open()) return fail(Error::from_errno(errno, step));
  if (option != nullptr && ::fsconfig(context.get(), FSCONFIG_SET_STRING, option, value, 0) != 0) {
    return fail(Error::from_errno(errno, step));
  }
  if (::fsconfig(context.get(), FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) != 0) {
    return fail(Error::from_errno(errno, step));
  }
  UniqueFd root(::fsmount(context.get(), FSMOUNT_CLOEXEC, 0));
  if (!root.is_open()) return fail(Error::from_errno(errno, step));
  return root;
}

Result<void> check_harmless(int proc_fd) {
  // Opened, never written to. It is one for all on every kernel.
  constexpr const char* kOneForAll = "sys/kernel/threads-max";
  const UniqueFd fd(::openat(proc_fd, kOneForAll, O_WRONLY | O_CLOEXEC));
  if (!fd.is_open()) return {};
  return fail(Error::other(
      "kernel.threads-max could be written from the fresh namespaces: not going on, as that would "
      "change the host"));
}

}  // namespace kcommons::subtraction
