#include "calls.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <linux/nsfs.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdarg>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <thread>
#include <utility>
#include <vector>

#include "wrapped.hpp"

namespace kcommons::test {

namespace {

// Whole lines, so that they are not taken for cut ones.
constexpr std::string_view kGarbage = "\xfe\x01% 9 (x) :\n";

struct State {
  std::mutex mutex;
  Watch::Decide decide;                 // empty: nobody watches
  std::optional<std::thread::id> whom;  // empty: all threads
  std::map<int, std::string> opened;    // by descriptor; what was closed since stays
  std::set<int> ended;                  // descriptors of which there is no more to read
};

State& state() {
  static State of_all;
  return of_all;
}

// While the one who watches is asked.
thread_local bool is_inside = false;

class Inside final {
 public:
  Inside() : before_(std::exchange(is_inside, true)) {}
  ~Inside() { is_inside = before_; }
  Inside(const Inside&) = delete;
  Inside& operator=(const Inside&) = delete;

 private:
  bool before_;
};

std::string name_below(int dir_fd, std::string_view path) {
  if (path.starts_with('/')) return std::string(path);
  const std::lock_guard lock(state().mutex);
  const auto at = state().opened.find(dir_fd);
  if (at == state().opened.end()) return std::string(path);
  return path.empty() ? at->second : at->second + "/" + std::string(path);
}

bool has_ended(int fd) {
  const std::lock_guard lock(state().mutex);
  return state().ended.contains(fd);
}

void end(int fd) {
  const std::lock_guard lock(state().mutex);
  state().ended.insert(fd);
}

}  // namespace

bool is_watched() {
  if (is_inside) return false;
  const std::lock_guard lock(state().mutex);
  return state().decide &&
         state().whom.value_or(std::this_thread::get_id()) == std::this_thread::get_id();
}

Fault ask(CallKind kind, int dir_fd, std::string_view path) {
  if (!is_watched()) return Fault::kNone;
  const Call call{.kind = kind, .path = name_below(dir_fd, path)};
  const Inside inside;
  const Fault fault = state().decide(call);
  return applies(fault, kind) ? fault : Fault::kNone;
}

bool fails(Fault fault) {
  const int error = error_of(fault);
  if (error != 0) errno = error;
  return error != 0;
}

int remember(int fd, std::string name) {
  const int error = errno;
  if (fd >= 0) {
    const std::lock_guard lock(state().mutex);
    state().opened[fd] = std::move(name);
    state().ended.erase(fd);
  }
  errno = error;
  return fd;
}

void fill_with_garbage(void* buffer, std::size_t size) {
  auto* const bytes = static_cast<char*>(buffer);
  for (std::size_t i = 0; i < size; ++i) bytes[i] = kGarbage[i % kGarbage.size()];
  if (size > 0) bytes[size - 1] = '\n';
}

std::string_view name_of(CallKind kind) {
  constexpr std::array<std::string_view, 15> kNames = {
      "open",   "read", "readlink", "stat",        "list",      "lseek",   "ioctl", "kcmp",
      "socket", "send", "recv",     "iter_create", "iter_read", "consume", "record"};
  return kNames.at(static_cast<std::size_t>(kind));
}

std::string_view name_of(Fault fault) {
  constexpr std::array<std::string_view, kFaultCount> kNames = {
      "none",  "ENOENT", "ESRCH", "EACCES", "EPERM",   "EMFILE", "ENFILE", "ENOMEM",
      "EINTR", "EIO",    "short", "empty",  "garbage", "cut",    "lost",   "slow"};
  return kNames.at(static_cast<std::size_t>(fault));
}

int error_of(Fault fault) {
  constexpr std::array kErrors = {0,      ENOENT, ESRCH,  EACCES, EPERM,
                                  EMFILE, ENFILE, ENOMEM, EINTR,  EIO};
  const auto index = static_cast<std::size_t>(fault);
  return index < kErrors.size() ? kErrors.at(index) : 0;
}

bool applies(Fault fault, CallKind kind) {
  const bool makes_descriptor = kind == CallKind::kOpen || kind == CallKind::kSocket ||
                                kind == CallKind::kWalk || kind == CallKind::kIoctl;
  const bool is_content = kind == CallKind::kRead || kind == CallKind::kReceive ||
                          kind == CallKind::kReadLink || kind == CallKind::kRecord;
  switch (fault) {
    case Fault::kNone:
      return false;
    case Fault::kProcessFiles:
    case Fault::kSystemFiles:
      return makes_descriptor;
    case Fault::kInterrupted:
      return kind == CallKind::kOpen || kind == CallKind::kRead || kind == CallKind::kReceive ||
             kind == CallKind::kSend || kind == CallKind::kStep;
    case Fault::kShort:
      return kind == CallKind::kRead || kind == CallKind::kList;
    case Fault::kEmpty:
    case Fault::kCut:
      return is_content || kind == CallKind::kList;
    case Fault::kGarbage:
      return is_content;
    case Fault::kLost:
      return kind == CallKind::kRecord;
    default:
      return kind != CallKind::kRecord;
  }
}

Watch::Watch(Decide decide, Whom whom) {
  const std::lock_guard lock(state().mutex);
  state().whom.reset();
  if (whom == Whom::kThisThread) state().whom = std::this_thread::get_id();
  state().decide = std::move(decide);
  state().ended.clear();
}

Watch::~Watch() {
  const std::lock_guard lock(state().mutex);
  state().decide = nullptr;
  state().ended.clear();
}

namespace {

// What is left of `got` bytes.
std::size_t half_of(const char* bytes, std::size_t got) {
  std::size_t half = got / 2;
  // In the middle of a line.
  if (half > 1 && bytes[half - 1] == '\n') --half;
  return half;
}

ssize_t changed(Fault fault, int fd, void* buffer, ssize_t got) {
  if (got <= 0) return got;
  const auto size = static_cast<std::size_t>(got);
  switch (fault) {
    case Fault::kEmpty:
      end(fd);
      return 0;
    case Fault::kCut:
      end(fd);
      return static_cast<ssize_t>(half_of(static_cast<const char*>(buffer), size));
    case Fault::kGarbage:
      fill_with_garbage(buffer, size);
      return got;
    default:
      return got;
  }
}

// The first `part` bytes of the records of getdents64(2), as far as they are whole.
std::size_t whole_records(const void* buffer, std::size_t part) {
  std::size_t size = 0;
  while (true) {
    const auto* const entry =
        reinterpret_cast<const dirent64*>(static_cast<const char*>(buffer) + size);
    if (size + offsetof(dirent64, d_name) > part || size + entry->d_reclen > part) return size;
    size += entry->d_reclen;
  }
}

}  // namespace

}  // namespace kcommons::test

using namespace kcommons::test;

extern "C" {

int __wrap_open(const char* path, int flags, ...) {
  if (fails(ask(CallKind::kOpen, AT_FDCWD, path))) return -1;
  return remember(__real_open(path, flags), path);
}

int __wrap_openat(int dir_fd, const char* path, int flags, ...) {
  if (fails(ask(CallKind::kOpen, dir_fd, path))) return -1;
  return remember(__real_openat(dir_fd, path, flags), name_below(dir_fd, path));
}

ssize_t __wrap_read(int fd, void* buffer, std::size_t size) {
  const bool is_walk = name_below(fd, "").starts_with("bpf");
  const Fault fault = ask(is_walk ? CallKind::kStep : CallKind::kRead, fd, "");
  if (fails(fault)) return -1;
  if (has_ended(fd)) return 0;
  const ssize_t got = __real_read(fd, buffer, size);
  if (fault != Fault::kShort || got < 2) return changed(fault, fd, buffer, got);
  return __real_lseek(fd, got / 2 - got, SEEK_CUR) < 0 ? got : got / 2;
}

ssize_t __wrap_pread(int fd, void* buffer, std::size_t size, off_t offset) {
  const Fault fault = ask(CallKind::kRead, fd, "");
  if (fails(fault)) return -1;
  // A file that stays open is read anew from its start.
  if (offset > 0 && has_ended(fd)) return 0;
  const ssize_t got = __real_pread(fd, buffer, size, offset);
  return fault == Fault::kShort && got > 1 ? got / 2 : changed(fault, fd, buffer, got);
}

ssize_t __wrap_readlinkat(int dir_fd, const char* path, char* buffer, std::size_t size) noexcept {
  const Fault fault = ask(CallKind::kReadLink, dir_fd, path);
  if (fails(fault)) return -1;
  const ssize_t got = __real_readlinkat(dir_fd, path, buffer, size);
  if (got <= 0) return got;
  if (fault == Fault::kEmpty) return 0;
  if (fault == Fault::kCut) return got / 2;
  if (fault == Fault::kGarbage) fill_with_garbage(buffer, static_cast<std::size_t>(got));
  return got;
}

int __wrap_fstatat(int dir_fd, const char* path, struct stat* status, int flags) noexcept {
  if (fails(ask(CallKind::kStat, dir_fd, path))) return -1;
  return __real_fstatat(dir_fd, path, status, flags);
}

int __wrap_fstat(int fd, struct stat* status) noexcept {
  if (fails(ask(CallKind::kStat, fd, ""))) return -1;
  return __real_fstat(fd, status);
}

int __wrap_fstatfs(int fd, struct statfs* status) noexcept {
  if (fails(ask(CallKind::kStat, fd, ""))) return -1;
  return __real_fstatfs(fd, status);
}

int __wrap_faccessat(int dir_fd, const char* path, int mode, int flags) noexcept {
  if (fails(ask(CallKind::kStat, dir_fd, path))) return -1;
  return __real_faccessat(dir_fd, path, mode, flags);
}

ssize_t __wrap_getdents64(int fd, void* buffer, std::size_t size) noexcept {
  const Fault fault = ask(CallKind::kList, fd, "");
  if (fails(fault)) return -1;
  if (has_ended(fd)) return 0;
  if (fault == Fault::kShort) {
    constexpr std::size_t kFewNames = 80;
    const ssize_t got = __real_getdents64(fd, buffer, std::min(size, kFewNames));
    if (got >= 0 || errno != EINVAL) return got;
  }
  const ssize_t got = __real_getdents64(fd, buffer, size);
  if (got <= 0 || (fault != Fault::kCut && fault != Fault::kEmpty)) return got;
  end(fd);
  if (fault == Fault::kEmpty) return 0;
  return static_cast<ssize_t>(whole_records(buffer, static_cast<std::size_t>(got) / 2));
}

DIR* __wrap_fdopendir(int fd) {
  if (fails(ask(CallKind::kList, fd, ""))) return nullptr;
  return __real_fdopendir(fd);
}

// One name at a time: what is short is no other than what is whole.
struct dirent* __wrap_readdir(DIR* directory) {
  const int fd = ::dirfd(directory);
  const int error = errno;
  const Fault fault = ask(CallKind::kList, fd, "");
  errno = error;
  if (fails(fault)) return nullptr;
  if (fault == Fault::kEmpty || fault == Fault::kCut) end(fd);
  return has_ended(fd) ? nullptr : __real_readdir(directory);
}

off_t __wrap_lseek(int fd, off_t offset, int whence) noexcept {
  if (fails(ask(CallKind::kSeek, fd, ""))) return -1;
  {
    const std::lock_guard lock(state().mutex);
    state().ended.erase(fd);
  }
  return __real_lseek(fd, offset, whence);
}

// All that are made here have one argument, or none.
int __wrap_ioctl(int fd, unsigned long request, ...) noexcept {
  va_list arguments;
  va_start(arguments, request);
  void* const argument = va_arg(arguments, void*);
  va_end(arguments);
  if (fails(ask(CallKind::kIoctl, fd, ""))) return -1;
  const int result = __real_ioctl(fd, request, argument);
  return request == NS_GET_PARENT ? remember(result, name_below(fd, "parent")) : result;
}

long __wrap_syscall(long number, ...) noexcept {
  va_list arguments;
  va_start(arguments, number);
  std::array<long, 6> values{};
  for (long& value : values) value = va_arg(arguments, long);
  va_end(arguments);
  const auto real = [&] {
    return __real_syscall(number, values[0], values[1], values[2], values[3], values[4], values[5]);
  };
  if (number == SYS_kcmp) {
    if (fails(ask(CallKind::kCompare, -1, "kcmp"))) return -1;
    return real();
  }
  if (number == SYS_openat2) {
    const auto* const path = reinterpret_cast<const char*>(values[1]);
    if (fails(ask(CallKind::kOpen, static_cast<int>(values[0]), path))) return -1;
    return remember(static_cast<int>(real()), path);
  }
  return real();
}

int __wrap_socket(int domain, int type, int protocol) noexcept {
  if (fails(ask(CallKind::kSocket, -1, "rtnetlink"))) return -1;
  return remember(__real_socket(domain, type, protocol), "rtnetlink");
}

ssize_t __wrap_sendto(int fd, const void* bytes, std::size_t size, int flags, const sockaddr* to,
                      socklen_t to_size) {
  if (fails(ask(CallKind::kSend, fd, ""))) return -1;
  return __real_sendto(fd, bytes, size, flags, to, to_size);
}

ssize_t __wrap_recv(int fd, void* buffer, std::size_t size, int flags) {
  const Fault fault = ask(CallKind::kReceive, fd, "");
  if (fails(fault)) return -1;
  const ssize_t got = __real_recv(fd, buffer, size, flags);
  return changed(fault, fd, buffer, std::min(got, static_cast<ssize_t>(size)));
}

}  // extern "C"
