#include "subtraction/takers.hpp"

#include <fcntl.h>
#include <mqueue.h>
#include <sched.h>
#include <sys/fanotify.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <string>

namespace kcommons::subtraction {

namespace {

int error_of(long returned) {
  return returned < 0 ? errno : 0;
}

// A file that has no name and no other user.
int new_file() {
  return ::memfd_create("kcommons", MFD_CLOEXEC);
}

}  // namespace

int take_inotify_instance(Holder& /*holder*/) {
  return error_of(::inotify_init1(IN_CLOEXEC));
}

int take_inotify_watch(Holder& holder) {
  if (holder.group < 0) holder.group = ::inotify_init1(IN_CLOEXEC);
  const int file = new_file();
  if (holder.group < 0 || file < 0) return errno;
  const std::string path = "self/fd/" + std::to_string(file);
  return error_of(::inotify_add_watch(holder.group, path.c_str(), IN_OPEN));
}

int take_fanotify_group(Holder& /*holder*/) {
  return error_of(::fanotify_init(FAN_CLASS_NOTIF | FAN_REPORT_FID | FAN_CLOEXEC, O_RDONLY));
}

int take_fanotify_mark(Holder& holder) {
  if (holder.group < 0) {
    holder.group = ::fanotify_init(FAN_CLASS_NOTIF | FAN_REPORT_FID | FAN_CLOEXEC, O_RDONLY);
  }
  const int file = new_file();
  if (holder.group < 0 || file < 0) return errno;
  // Without a path, the mark is on what the descriptor is open on.
  return error_of(::fanotify_mark(holder.group, FAN_MARK_ADD, FAN_OPEN, file, nullptr));
}

int take_namespace(Holder& holder, int clone_flag) {
  return holder.sleepers.add([clone_flag] { return error_of(::unshare(clone_flag)); });
}

int take_process(Holder& holder) {
  return holder.sleepers.add([] { return 0; });
}

int take_signal(Holder& /*holder*/) {
  // A real-time signal that is blocked is queued each time that it is sent (signal(7)).
  sigset_t blocked{};
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGRTMIN);
  if (::sigprocmask(SIG_BLOCK, &blocked, nullptr) != 0) return errno;
  return error_of(::sigqueue(::getpid(), SIGRTMIN, sigval{}));
}

int take_message_queue(Holder& holder) {
  mq_attr smallest{};
  smallest.mq_maxmsg = 1;
  smallest.mq_msgsize = 64;
  const std::string name = "/kcommons-" + std::to_string(holder.taken++);
  if (::mq_open(name.c_str(), O_CREAT | O_EXCL | O_RDWR, 0600, &smallest) < 0) return errno;
  return error_of(::mq_unlink(name.c_str()));
}

int take_locked_page(Holder& /*holder*/) {
  const int segment = ::shmget(IPC_PRIVATE, 1, 0600);
  if (segment < 0) return errno;
  const int error = error_of(::shmctl(segment, SHM_LOCK, nullptr));
  // Attached, it stays locked until the process ends and goes with it.
  if (error == 0) ::shmat(segment, nullptr, 0);
  ::shmctl(segment, IPC_RMID, nullptr);
  return error;
}

}  // namespace kcommons::subtraction
