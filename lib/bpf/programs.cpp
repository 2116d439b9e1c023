#include "bpf/programs.hpp"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/fanotify.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdarg>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/unique_fd.hpp"
#include "bpf/records.h"
#include "bpf/walk_stock.hpp"
#include "kcommons_bpf.skel.h"
#include "kcommons_bpf_direct.skel.h"

namespace kcommons::bpf {

namespace {

struct DestroySkeleton {
  void operator()(kcommons_bpf* skeleton) const { kcommons_bpf__destroy(skeleton); }
};
struct FreeRing {
  void operator()(ring_buffer* ring) const { ring_buffer__free(ring); }
};
using Skeleton = std::unique_ptr<kcommons_bpf, DestroySkeleton>;

// A descriptor of our own of each type that has operations of its own (fs/anon_inodes.c and
// others).
struct Sample {
  kc_file_type type;
  UniqueFd fd;
};

UniqueFd pipe_end() {
  std::array<int, 2> ends{-1, -1};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return {};
  ::close(ends[1]);
  return UniqueFd(ends[0]);
}

UniqueFd signal_fd() {
  sigset_t none;
  ::sigemptyset(&none);
  return UniqueFd(::signalfd(-1, &none, SFD_CLOEXEC));
}

// What cannot be made (for want of a right or of a feature) is told by name instead (files.bpf.h).
std::vector<Sample> make_samples() {
  std::vector<Sample> samples;
  const auto add = [&](kc_file_type type, UniqueFd fd) {
    if (fd.is_open()) samples.push_back({type, std::move(fd)});
  };
  add(KC_FILE_SOCKET, UniqueFd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)));
  add(KC_FILE_PIPE, pipe_end());
  add(KC_FILE_INOTIFY, UniqueFd(::inotify_init1(IN_CLOEXEC)));
  add(KC_FILE_FANOTIFY, UniqueFd(::fanotify_init(FAN_CLASS_NOTIF | FAN_CLOEXEC | FAN_REPORT_FID,
                                                 O_RDONLY | O_CLOEXEC)));
  add(KC_FILE_EPOLL, UniqueFd(::epoll_create1(EPOLL_CLOEXEC)));
  add(KC_FILE_EVENTFD, UniqueFd(::eventfd(0, EFD_CLOEXEC)));
  add(KC_FILE_TIMERFD, UniqueFd(::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC)));
  add(KC_FILE_SIGNALFD, signal_fd());
  add(KC_FILE_PIDFD, UniqueFd(static_cast<int>(::syscall(SYS_pidfd_open, ::getpid(), 0))));
  add(KC_FILE_MEMFD, UniqueFd(::memfd_create("kcommons", MFD_CLOEXEC)));
  return samples;
}

// What the walk asks of the samples: the operations of each, the file system of anonymous files.
class Calibration final {
 public:
  void take(const kc_calibration& record) {
    for (const Sample& sample : samples_) {
      if (sample.fd.get() == record.fd) found_.push_back({sample.type, record.f_op, record.super});
    }
  }
  // Fails where not even a descriptor that can always be made was seen.
  Result<void> apply(kcommons_bpf& skeleton) const {
    const int map = bpf_map__fd(skeleton.maps.types);
    for (const Found& found : found_) {
      const auto type = static_cast<__u32>(found.type);
      if (::bpf_map_update_elem(map, &found.f_op, &type, BPF_ANY) != 0) {
        return fail(Error::from_errno(errno, "store a file type in a BPF map"));
      }
      if (found.type == KC_FILE_EVENTFD) skeleton.bss->control.anon_super = found.super;
      if (found.type == KC_FILE_MEMFD) skeleton.bss->control.shmem_f_op = found.f_op;
    }
    if (skeleton.bss->control.anon_super == 0) {
      return fail(
          Error::other("the BPF programs do not see descriptors of this process: the PID "
                       "namespace is not the initial one"));
    }
    return {};
  }

 private:
  struct Found {
    kc_file_type type;
    __u64 f_op;
    __u64 super;
  };
  std::vector<Sample> samples_ = make_samples();
  std::vector<Found> found_;
};

// What libbpf complains of first, for the one message of a failed load. libbpf
// keeps its printer in a global; it is set while a load is under way and never used otherwise.
thread_local std::string* libbpf_says = nullptr;

int keep_message(libbpf_print_level level, const char* format, va_list arguments) {
  if (level != LIBBPF_WARN || libbpf_says == nullptr) return 0;
  std::array<char, 512> line{};
  const int size = ::vsnprintf(line.data(), line.size(), format, arguments);
  const std::string_view text(line.data());
  // It raises this limit to be on the safe side; kernels since 5.11 do not look at it.
  if (text.find("RLIMIT_MEMLOCK") != std::string_view::npos) return size;
  // The first complaint tells the cause, those after it only that all is lost.
  if (size > 0 && libbpf_says->empty()) *libbpf_says = text;
  return size;
}

std::string one_line(std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  for (char& c : text) {
    if (c == '\n') c = ' ';
  }
  return text;
}

struct FreeBtf {
  void operator()(btf* types) const { ::btf__free(types); }
};
// What the kernel says of itself. Reading it takes a while, so it is read once.
using KernelTypes = std::unique_ptr<btf, FreeBtf>;

bool has_function(const KernelTypes& kernel, const char* name) {
  return kernel && ::btf__find_by_name_kind(kernel.get(), name, BTF_KIND_FUNC) > 0;
}

struct Attempt {
  Skeleton skeleton;
  int error = 0;
  std::string said;
};

// Both objects are compiled of one source and differ in instructions alone, so that one skeleton
// fits both.
using Bss = std::remove_pointer_t<decltype(kcommons_bpf::bss)>;
using DirectBss = std::remove_pointer_t<decltype(kcommons_bpf_direct::bss)>;
static_assert(sizeof(Bss) == sizeof(DirectBss) &&
              offsetof(Bss, control) == offsetof(DirectBss, control));

kcommons_bpf* open_skeleton(bool direct) {
  if (!direct) return kcommons_bpf__open();
  auto* const skeleton = static_cast<kcommons_bpf*>(std::calloc(1, sizeof(kcommons_bpf)));
  if (skeleton == nullptr || kcommons_bpf__create_skeleton(skeleton) != 0) {
    std::free(skeleton);
    return nullptr;
  }
  skeleton->skeleton->data =
      const_cast<void*>(kcommons_bpf_direct__elf_bytes(&skeleton->skeleton->data_sz));
  if (::bpf_object__open_skeleton(skeleton->skeleton, nullptr) == 0) return skeleton;
  kcommons_bpf__destroy(skeleton);
  return nullptr;
}

Attempt try_to_load(const KernelTypes& kernel, bool direct) {
  Attempt attempt;
  libbpf_says = &attempt.said;
  ::libbpf_set_print(keep_message);
  attempt.skeleton.reset(open_skeleton(direct));
  attempt.error = attempt.skeleton ? 0 : errno;
  if (attempt.skeleton) {
    const auto& programs = attempt.skeleton->progs;
    ::bpf_program__set_autoload(programs.walk_mappings, has_function(kernel, "bpf_iter_task_vma"));
    attempt.error = -kcommons_bpf__load(attempt.skeleton.get());
  }
  libbpf_says = nullptr;
  return attempt;
}

Result<Skeleton> load_skeleton() {
  const KernelTypes kernel(::btf__load_vmlinux_btf());
  const bool direct = has_function(kernel, "bpf_rdonly_cast");
  Attempt attempt = try_to_load(kernel, direct);
  // The loops of direct loads can be more than an older verifier is willing to go through.
  if (direct && attempt.error == E2BIG) attempt = try_to_load(kernel, false);
  if (attempt.error == 0) return std::move(attempt.skeleton);
  const std::string cause = attempt.error == EPERM || attempt.error == EACCES
                                ? "needs CAP_BPF and CAP_PERFMON, or CAP_SYS_ADMIN"
                                : one_line(std::move(attempt.said));
  return fail(Error::from_errno(
      attempt.error,
      "load the BPF programs" + (cause.empty() ? std::string() : " (" + cause + ")")));
}

int put_record(void* sink, void* data, std::size_t size) {
  const auto& take = *static_cast<const Programs::Sink*>(sink);
  try {
    take({static_cast<const std::byte*>(data), size});
  } catch (const std::bad_alloc&) {
    return -ENOMEM;  // libbpf is C: nothing may be thrown through it
  }
  return 0;
}

}  // namespace

bool is_built_in() {
  return true;
}

struct Programs::Loaded {
  Skeleton skeleton;
  // The ring's callback is given the address of this one for good.
  Sink sink;
  std::unique_ptr<ring_buffer, FreeRing> ring;
  UniqueFd pools;  // the iterator of all walks over pools
  WalkStock holdings;
  WalkStock mappings;

  Result<void> attach();
  Result<void> calibrate();
  // Null where this kernel has no such iterator.
  [[nodiscard]] const bpf_link* link_of(Walk walk) const;
  Result<void> walk_pools(const Sink& take, const std::stop_token& stop);
  Result<void> walk(WalkStock& stock, const Sink& take, const std::stop_token& stop);
  Result<void> read_all(int iterator, const Sink& take, const std::stop_token& stop);
  [[nodiscard]] Result<void> drain() const;
};

Programs::Programs(std::unique_ptr<Loaded> loaded) : loaded_(std::move(loaded)) {}
Programs::~Programs() = default;

Result<std::unique_ptr<Programs>> Programs::load() {
  auto skeleton = load_skeleton();
  if (!skeleton) return fail(skeleton.error());
  auto loaded = std::make_unique<Loaded>();
  loaded->skeleton = std::move(*skeleton);
  if (auto attached = loaded->attach(); !attached) return fail(attached.error());
  if (auto calibrated = loaded->calibrate(); !calibrated) return fail(calibrated.error());
  return std::unique_ptr<Programs>(new Programs(std::move(loaded)));
}

Result<void> Programs::Loaded::attach() {
  auto& links = skeleton->links;
  const auto& programs = skeleton->progs;
  const auto attach_one = [](bpf_program* program, bpf_link*& link,
                             const bpf_iter_attach_opts* options = nullptr) {
    if (::bpf_program__autoload(program)) link = ::bpf_program__attach_iter(program, options);
    return link != nullptr || !::bpf_program__autoload(program);
  };
  // These find the other tasks by themselves (pools.bpf.h); kernels before 6.1 show them all
  // nevertheless.
  bpf_iter_link_info this_process{};
  this_process.task.tid = static_cast<__u32>(::getpid());
  bpf_iter_attach_opts one_task{};
  one_task.sz = sizeof(one_task);
  one_task.link_info = &this_process;
  one_task.link_info_len = sizeof(this_process);
  if (!attach_one(programs.walk_pools, links.walk_pools, &one_task) ||
      !attach_one(programs.walk_holdings, links.walk_holdings) ||
      !attach_one(programs.walk_mappings, links.walk_mappings) ||
      !attach_one(programs.calibrate, links.calibrate)) {
    return fail(Error::from_errno(errno, "attach the BPF programs"));
  }
  holdings = WalkStock(::bpf_link__fd(links.walk_holdings), 0);
  if (links.walk_mappings != nullptr) mappings = WalkStock(::bpf_link__fd(links.walk_mappings), 0);
  ring.reset(::ring_buffer__new(bpf_map__fd(skeleton->maps.records), put_record, &sink, nullptr));
  if (!ring) return fail(Error::from_errno(errno, "map the ring buffer of the BPF programs"));
  return {};
}

Result<void> Programs::Loaded::calibrate() {
  Calibration calibration;
  skeleton->bss->control.calibrate_pid = ::getpid();
  const auto take = [&](std::span<const std::byte> bytes) {
    kc_calibration record{};
    if (bytes.size() != sizeof(record)) return;
    std::memcpy(&record, bytes.data(), sizeof(record));
    calibration.take(record);
  };
  WalkStock once(::bpf_link__fd(skeleton->links.calibrate), 0);
  if (auto walked = walk(once, take, {}); !walked) return walked;
  return calibration.apply(*skeleton);
}

const bpf_link* Programs::Loaded::link_of(Walk walk) const {
  switch (walk) {
    case Walk::kPools:
      return skeleton->links.walk_pools;
    case Walk::kHoldings:
      return skeleton->links.walk_holdings;
    case Walk::kMappings:
      break;
  }
  return skeleton->links.walk_mappings;
}

bool Programs::can(Walk walk) const {
  return loaded_->link_of(walk) != nullptr;
}

// The iterator prints nothing: a read ends with 0 when all tasks were shown, or with EAGAIN when
// the programs want the ring buffer emptied, or after a million tasks. That of the pools ends with
// EAGAIN for ever, and says otherwise that all are told.
Result<void> Programs::Loaded::read_all(int iterator, const Sink& take,
                                        const std::stop_token& stop) {
  // What a walk that was given up has left.
  sink = [](std::span<const std::byte>) {};
  if (auto drained = drain(); !drained) return drained;
  sink = take;
  kc_control& control = skeleton->bss->control;
  ++control.pass;
  control.lost = 0;
  std::array<char, 64> unused{};
  for (;;) {
    const ssize_t size = ::read(iterator, unused.data(), unused.size());
    const int error = errno;
    if (auto drained = drain(); !drained) return drained;
    if (size == 0 || control.pools_told == control.pass) break;
    if (size < 0 && error != EAGAIN && error != EINTR) {
      return fail(Error::from_errno(error, "walk over all tasks by BPF"));
    }
    if (stop.stop_requested()) return fail(Error::other("walk given up: asked to stop"));
  }
  if (control.lost == 0) return {};
  return fail(Error::other("a BPF walk lost " + std::to_string(control.lost) +
                           " records, its ring buffer was full"));
}

Result<void> Programs::Loaded::walk(WalkStock& stock, const Sink& take,
                                    const std::stop_token& stop) {
  auto iterator = stock.take();
  if (!iterator) return fail(iterator.error());
  auto done = read_all(iterator->get(), take, stop);
  iterator->reset();
  stock.refill();
  return done;
}

Result<void> Programs::Loaded::walk_pools(const Sink& take, const std::stop_token& stop) {
  if (!pools.is_open()) {
    pools = UniqueFd(::bpf_iter_create(::bpf_link__fd(skeleton->links.walk_pools)));
    if (!pools.is_open()) return fail(Error::from_errno(errno, "start a BPF walk over all users"));
  }
  auto done = read_all(pools.get(), take, stop);
  const kc_control& control = skeleton->bss->control;
  if (done && control.pools_told != control.pass) {
    done = fail(Error::other("a BPF walk over all users ended before its end"));
  }
  // Without memory here nothing is wrong with the iterator, and another may not be to be had.
  if (!done && done.error().kind() != ErrorKind::kExhausted) pools.reset();
  return done;
}

Result<void> Programs::Loaded::drain() const {
  const int taken = ::ring_buffer__consume(ring.get());
  if (taken >= 0) return {};
  return fail(Error::from_errno(-taken, "read the ring buffer of the BPF programs"));
}

Result<void> Programs::run(Walk walk, const Sink& sink, const std::stop_token& stop) {
  if (!can(walk)) return fail(Error::other("this kernel cannot walk over mappings by BPF"));
  if (walk == Walk::kPools) return loaded_->walk_pools(sink, stop);
  return loaded_->walk(walk == Walk::kHoldings ? loaded_->holdings : loaded_->mappings, sink, stop);
}

void Programs::keep_ready(Walk walk, std::size_t wanted) {
  const bpf_link* const link = loaded_->link_of(walk);
  if (link == nullptr || walk == Walk::kPools) return;
  auto& stock = walk == Walk::kHoldings ? loaded_->holdings : loaded_->mappings;
  stock = WalkStock(::bpf_link__fd(link), wanted);
}

std::size_t Programs::ready(Walk walk) const {
  if (walk == Walk::kPools) return loaded_->pools.is_open() ? 1 : 0;
  return (walk == Walk::kHoldings ? loaded_->holdings : loaded_->mappings).size();
}

}  // namespace kcommons::bpf
