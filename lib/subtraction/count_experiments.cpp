#include <fcntl.h>
#include <linux/aio_abi.h>
#include <linux/keyctl.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <vector>

#include "base/unique_fd.hpp"
#include "subtraction/conntrack_entry.hpp"
#include "subtraction/counts.hpp"
#include "subtraction/fresh_namespaces.hpp"
#include "subtraction/inside.hpp"
#include "subtraction/sleepers.hpp"

namespace kcommons::subtraction {

namespace {

using catalogue::ResourceId;

// The host goes on living while its counts are read: what moves them by chance is far less than
// this, and does not do so in most of the rounds.
constexpr int kRounds = 5;
constexpr std::uint64_t kFiles = 256;
constexpr std::uint64_t kAioEvents = 256;
constexpr std::uint64_t kThreads = 32;
constexpr std::uint64_t kPtys = 4;
constexpr std::uint64_t kKeys = 8;

// `take` returns a Result of something that gives all back when it is destroyed.
template <typename Take>
void count(const Talk& talk, ResourceId id, std::uint64_t units, Take take) {
  for (int round = 0; round < kRounds; ++round) {
    talk.ask(line_of(Look{.resource = id, .inside = 0}));
    const auto held = take(units);
    if (!held) {
      talk.say(line_of(NotAsked{.resource = id, .reason = held.error().message()}));
      return;
    }
    talk.ask(line_of(Look{.resource = id, .inside = units}));
  }
}

using Files = Result<std::vector<UniqueFd>>;

Files take_files(std::uint64_t units) {
  std::vector<UniqueFd> files;
  while (files.size() < units) {
    files.emplace_back(::eventfd(0, EFD_CLOEXEC));
    if (!files.back().is_open()) return fail(Error::from_errno(errno, "open a file"));
  }
  return files;
}

Files take_ptys(int devpts, std::uint64_t units) {
  std::vector<UniqueFd> files;
  while (files.size() < units) {
    files.emplace_back(::openat(devpts, "ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC));
    if (!files.back().is_open()) return fail(Error::from_errno(errno, "open a pseudo terminal"));
  }
  return files;
}

class AioContext final {
 public:
  static Result<AioContext> make(std::uint64_t events) {
    aio_context_t id = 0;
    if (::syscall(SYS_io_setup, static_cast<unsigned>(events), &id) != 0) {
      return fail(Error::from_errno(errno, "make an AIO context"));
    }
    return AioContext(id);
  }
  AioContext(AioContext&& other) noexcept : id_(std::exchange(other.id_, 0)) {}
  AioContext& operator=(AioContext&&) = delete;
  AioContext(const AioContext&) = delete;
  AioContext& operator=(const AioContext&) = delete;
  ~AioContext() {
    if (id_ != 0) ::syscall(SYS_io_destroy, id_);
  }

 private:
  explicit AioContext(aio_context_t id) : id_(id) {}
  aio_context_t id_;
};

Result<Sleepers> take_threads(std::uint64_t units) {
  Sleepers sleepers;
  for (std::uint64_t i = 0; i < units; ++i) {
    const int error = sleepers.add([] { return 0; });
    if (error != 0) return fail(Error::from_errno(error, "fork"));
  }
  return sleepers;
}

// Once only: a key that is given back leaves the count when the kernel gets round to it.
void count_keys(const Talk& talk) {
  talk.ask(line_of(Look{.resource = ResourceId::kKeys, .inside = 0}));
  for (std::uint64_t i = 0; i < kKeys; ++i) {
    const std::string name = "kcommons-" + std::to_string(i);
    if (::syscall(SYS_add_key, "user", name.c_str(), "x", 1, KEY_SPEC_PROCESS_KEYRING) < 0) {
      talk.could_not(ResourceId::kKeys, "add a key", errno);
      talk.could_not(ResourceId::kKeyBytes, "add a key", errno);
      return;
    }
  }
  talk.ask(line_of(Look{.resource = ResourceId::kKeys, .inside = kKeys}));
}

void count_ptys(const Talk& talk) {
  const auto devpts = detached_mount("devpts", "ptmxmode", "0666");
  if (!devpts) {
    talk.say(line_of(NotAsked{.resource = ResourceId::kPtys, .reason = devpts.error().message()}));
    return;
  }
  count(talk, ResourceId::kPtys, kPtys,
        [&](std::uint64_t units) { return take_ptys(devpts->get(), units); });
}

// Nothing is taken: inside stands a count that is the host's, or one's own.
void say_counts_seen(const Inside& inside) {
  for (int round = 0; round < kRounds; ++round) {
    const HostCounts seen = read_counts(inside.proc, Uid{0});
    for (const ResourceId id : {ResourceId::kMemoryCgroups, ResourceId::kLoopDevices}) {
      const auto& count_inside = seen[catalogue::index_of(id)];
      if (count_inside) inside.talk.ask(line_of(Look{.resource = id, .inside = *count_inside}));
    }
  }
}

// The count inside must follow what is added there, and the host's must not.
void count_connections(const Inside& inside) {
  constexpr ResourceId kId = ResourceId::kConntrackEntries;
  const auto count_inside = [&] {
    return read_counts(inside.proc, Uid{0})[catalogue::index_of(kId)];
  };
  const auto before = count_inside();
  if (!before) return;
  inside.talk.ask(line_of(Look{.resource = kId, .inside = *before}));
  const int error = add_conntrack_entry();
  if (error != 0) return inside.talk.could_not(kId, "add a connection", error);
  inside.talk.ask(line_of(Look{.resource = kId, .inside = count_inside().value_or(0)}));
}

}  // namespace

void ask_counts(const Inside& inside) {
  const Talk& talk = inside.talk;
  count(talk, ResourceId::kOpenFiles, kFiles, take_files);
  count(talk, ResourceId::kAioEvents, kAioEvents, AioContext::make);
  count(talk, ResourceId::kThreads, kThreads, take_threads);
  count_ptys(talk);
  count_keys(talk);
  count_connections(inside);
  say_counts_seen(inside);
}

}  // namespace kcommons::subtraction
