#include "subtraction/fill_experiments.hpp"

#include <fcntl.h>
#include <linux/io_uring.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string>
#include <vector>

#include "base/unique_fd.hpp"
#include "subtraction/fresh_namespaces.hpp"

namespace kcommons::subtraction {

namespace {

using catalogue::ResourceId;

std::string name_of_errno(int error) {
  const char* name = ::strerrorname_np(error);
  return name == nullptr ? std::to_string(error) : name;
}

int set_soft_limit(__rlimit_resource_t which, rlim_t soft) {
  rlimit limit{};
  if (::getrlimit(which, &limit) != 0) return errno;
  limit.rlim_cur = soft;
  return ::setrlimit(which, &limit) != 0 ? errno : 0;
}

// What `measure` returns when it is called in another user namespace of the same UID.
std::string in_another_namespace(const Inside& inside,
                                 const std::function<std::string()>& measure) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return name_of_errno(errno);
  UniqueFd out(ends[0]);
  UniqueFd in(ends[1]);
  in_a_child(inside, [&] {
    const auto entered = enter_user_namespace(inside.proc);
    const std::string answer = entered ? measure() : entered.error().message();
    static_cast<void>(!::write(in.get(), answer.data(), answer.size()));
  });
  in.reset();
  std::array<char, 256> answer{};
  const ssize_t got = ::read(out.get(), answer.data(), answer.size());
  return got > 0 ? std::string(answer.data(), static_cast<std::size_t>(got)) : "no answer";
}

// `fill` returns an errno; what it takes it holds until this process ends.
void ask_fill(const Inside& inside, ResourceId id, const std::function<std::string()>& measure,
              const std::function<int()>& fill) {
  in_a_child(inside, [&] {
    const std::string before = in_another_namespace(inside, measure);
    const int error = fill();
    if (error != 0) return inside.talk.could_not(id, "fill the pool of a throw-away UID", error);
    const std::string after = in_another_namespace(inside, measure);
    inside.talk.say(line_of(Filled{.resource = id, .before = before, .after = after}));
  });
}

// --- descriptors in flight ---------------------------------------------------------------------

constexpr rlim_t kInflight = 16;

// Sends a descriptor to nobody who reads.
int send_descriptor(int socket, int descriptor) {
  char byte = 0;
  iovec data{&byte, 1};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
  msghdr message{};
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  cmsghdr* header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof(int));
  std::memcpy(CMSG_DATA(header), &descriptor, sizeof descriptor);
  return ::sendmsg(socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 ? errno : 0;
}

int send_descriptors(rlim_t count) {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) return errno;
  for (rlim_t i = 0; i < count; ++i) {
    if (const int error = send_descriptor(ends[0], ends[1]); error != 0) return error;
  }
  return 0;
}

// The limit is the sender's own for open files (net/unix, too_many_unix_fds): a small one makes
// full what others have sent.
std::string send_with_a_small_limit() {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    return name_of_errno(errno);
  }
  if (const int error = set_soft_limit(RLIMIT_NOFILE, kInflight / 2); error != 0) {
    return name_of_errno(error);
  }
  const int error = send_descriptor(ends[0], ends[1]);
  return error == 0 ? "sent" : name_of_errno(error);
}

// --- pinned memory -----------------------------------------------------------------------------

constexpr std::size_t kPinned = 8;

int pin_pages(std::size_t count) {
  io_uring_params params{};
  const long ring = ::syscall(SYS_io_uring_setup, 1, &params);
  if (ring < 0) return errno;
  const std::size_t bytes = count * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  void* pages = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (pages == MAP_FAILED) return errno;
  const iovec buffer{pages, bytes};
  const long done = ::syscall(SYS_io_uring_register, ring, IORING_REGISTER_BUFFERS, &buffer, 1);
  return done < 0 ? errno : 0;
}

std::string pin_with_a_small_limit() {
  const auto page = static_cast<rlim_t>(::sysconf(_SC_PAGESIZE));
  if (const int error = set_soft_limit(RLIMIT_MEMLOCK, kPinned * page); error != 0) {
    return name_of_errno(error);
  }
  const int error = pin_pages(1);
  return error == 0 ? "pinned" : name_of_errno(error);
}

// --- pages of pipes ----------------------------------------------------------------------------

constexpr int kMostPipes = 400;

// A new pipe's size, "65536 bytes"; what the kernel gives depends on the pages that the UID has.
int size_of_new_pipe(std::array<int, 2>& ends) {
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return -1;
  return ::fcntl(ends[0], F_GETPIPE_SZ);
}

std::string measure_a_pipe() {
  std::array<int, 2> ends{};
  const int size = size_of_new_pipe(ends);
  return size < 0 ? name_of_errno(errno) : std::to_string(size) + " bytes";
}

// Makes pipes as large as they may be, until new ones are given fewer pages than the first. They
// hold no data: a pipe takes 40 bytes for each page that it could have.
int fill_pipes() {
  constexpr int kLargest = 1 << 20;
  std::array<int, 2> ends{};
  int usual = 0;
  for (int made = 0; made < kMostPipes; ++made) {
    const int size = size_of_new_pipe(ends);
    if (size < 0) return errno;
    usual = std::max(usual, size);
    if (size < usual) return 0;
    static_cast<void>(::fcntl(ends[0], F_SETPIPE_SZ, kLargest));
  }
  return ERANGE;  // no limit, or one far above the usual
}

}  // namespace

void ask_fills(const Inside& inside) {
  ask_fill(inside, ResourceId::kUnixInflight, send_with_a_small_limit,
           [] { return send_descriptors(kInflight); });
  ask_fill(inside, ResourceId::kPinnedMemoryBytes, pin_with_a_small_limit,
           [] { return pin_pages(kPinned); });
  if (inside.is_throw_away) {
    ask_fill(inside, ResourceId::kPipePages, measure_a_pipe, fill_pipes);
  }
}

}  // namespace kcommons::subtraction
