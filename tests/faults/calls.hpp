// Every call by which the census asks the kernel something, in the hands of a test: told one by
// one, made to fail, or preceded by what the test does between two calls.
//
// The linker puts the functions of calls.cpp in the place of those that our own libraries call
// (--wrap of ld(1)). What libc, libstdc++, libbpf and the sanitizers do stays as it is, and
// production code knows nothing of it. A target that links kcommons_faults has it.
//
// There is one Watch at a time.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace kcommons::test {

enum class CallKind : std::uint8_t {
  kOpen,      // open(2), openat(2), openat2(2)
  kRead,      // read(2), pread(2)
  kReadLink,  // readlinkat(2)
  kStat,      // fstat(2), fstatat(2), fstatfs(2), faccessat(2)
  kList,      // getdents64(2), readdir(3), and fdopendir(3)
  kSeek,      // lseek(2)
  kIoctl,     // ioctl(2)
  kCompare,   // kcmp(2)
  kSocket,    // socket(2)
  kSend,      // sendto(2)
  kReceive,   // recv(2)
  kWalk,      // bpf_iter_create()
  kStep,      // read(2) of an iterator
  kConsume,   // ring_buffer__consume()
  kRecord,    // a record of a BPF program is handed over
};
std::string_view name_of(CallKind kind);

struct Call {
  CallKind kind{};
  std::string path;  // of the file, as it was opened; "process of 4711" of a record
};

enum class Fault : std::uint8_t {
  kNone,
  // The call is not made and fails.
  kNoEntry,       // ENOENT
  kNoProcess,     // ESRCH
  kAccess,        // EACCES
  kNotPermitted,  // EPERM
  kProcessFiles,  // EMFILE
  kSystemFiles,   // ENFILE
  kNoMemory,      // ENOMEM
  kInterrupted,   // EINTR
  kInputOutput,   // EIO
  // It is made, and what it gives is changed.
  kShort,    // a part of it, the rest at the next call: what read(2) and getdents64(2) may do
  kEmpty,    // nothing; a record is lost without a word
  kGarbage,  // as many bytes, that make no sense
  kCut,      // the first half, and then the end
  kLost,     // of records: the kernel had no room for it, and says so
  // It is made, after something that takes long.
  kSlow,
};
inline constexpr int kFaultCount = 16;
std::string_view name_of(Fault fault);
// The errno that it is; 0 where the call is made.
int error_of(Fault fault);
// Whether that can happen to a call of this kind.
bool applies(Fault fault, CallKind kind);

class Watch final {
 public:
  // Asked before each call; what it does itself is not watched. Of a fault that does not apply
  // nothing comes. Of kSlow, it has waited already.
  using Decide = std::function<Fault(const Call&)>;
  enum class Whom : std::uint8_t {
    kThisThread,
    // For where a thread waits for another, so that the order of calls is the same each time.
    kAllThreads,
  };
  explicit Watch(Decide decide, Whom whom = Whom::kThisThread);
  ~Watch();
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;
};

}  // namespace kcommons::test
