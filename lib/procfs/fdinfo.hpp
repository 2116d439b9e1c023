// /proc/PID/fdinfo/N: what the kernel tells about one open file, and of that the watches of an
// inotify instance (proc(5); fs/notify/fdinfo.c, the same text from Linux 5.10 to 6.18):
//
//   pos:	0
//   flags:	02004000
//   mnt_id:	15
//   ino:	1061
//   inotify wd:3 ino:3c51a sdev:fe00000 mask:100 ignored_mask:0 fhandle-bytes:8 fhandle-type:1 …
//
// All numbers of a watch are hex; the part from fhandle-bytes on is missing on some kernels.
// Reading costs about 2 us of kernel time a watch and holds the instance's lock: the watched
// process's inotify_add_watch(2) waits 105 ms at 100,000 watches. When to read is the caller's
// decision.
//
// Rights: PTRACE_MODE_READ, and on kernels before 5.14 the owner or CAP_DAC_READ_SEARCH as well.
// The readers are thread-safe for distinct buffers; a parser belongs to one thread.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "procfs/process_dir.hpp"

namespace kcommons::procfs {

struct InotifyWatches {
  std::uint64_t count = 0;
  // Over the set of (wd, ino, sdev), in whatever order: equal for two links to one instance, as
  // long as it does not change in between. Equal digests alone prove nothing: like instances of
  // one program watch the same files. kcmp(2) proves.
  std::uint64_t digest = 0;

  bool operator==(const InotifyWatches&) const = default;
};

// One watch. The handle is what name_to_handle_at(2) would give for the object; empty where the
// kernel or the filesystem tells none.
struct InotifyWatch {
  std::uint32_t wd = 0;
  std::uint64_t inode = 0;
  dev_t device{};  // of the filesystem, as mountinfo has it
  int handle_type = 0;
  std::string handle;  // bytes
};

// What the text shows the file to be. kOther is also what shows nothing: an inotify instance
// without watches looks like any file.
enum class FdinfoKind : std::uint8_t {
  kOther,
  kInotify,
  kFanotify,
  kEpoll,
  kEventfd,
  kTimerfd,
  kSignalfd,
  kPidfd
};

// Takes the text in pieces of any size and keeps one unfinished line, no more.
class InotifyFdinfoParser final {
 public:
  void feed(std::string_view chunk);
  // Also hands each watch over that parses. Costs a copy of its handle.
  void tell(std::function<void(InotifyWatch)> take) { take_ = std::move(take); }
  // Malformed when a watch did not parse, the last line does not end, a line was too long, or there
  // was none: of no open file the kernel tells nothing. So is what has neither a watch nor a line
  // that the kernel has for every file: it is no file without watches.
  Result<InotifyWatches> finish();
  // By the first line that tells. What comes later may be the holder's own text: the name of a
  // dma-buf may contain line breaks (DMA_BUF_SET_NAME; drivers/dma-buf/dma-buf.c).
  [[nodiscard]] FdinfoKind kind() const { return kind_.value_or(FdinfoKind::kOther); }

 private:
  void take_line(std::string_view line);
  void take_watch(std::string_view line);
  void reject(std::string_view why, std::string_view line);

  bool is_begun_ = false;
  bool is_of_kernel_ = false;  // has a line that every file has (seq_show of fs/proc/fd.c)
  std::string unfinished_;
  InotifyWatches watches_;
  std::optional<FdinfoKind> kind_;
  std::optional<Error> error_;
  std::function<void(InotifyWatch)> take_;
};

// Watches of the descriptor, which the caller knows to be an inotify instance by its link text.
// Streams the file in 64 KiB reads; `buffer` grows to that size.
Result<InotifyWatches> read_inotify_watches(const ProcessDir& process, int fd_number,
                                            std::string& buffer);

// The same, and the first `most` of them.
struct WatchList {
  InotifyWatches all;
  std::vector<InotifyWatch> first;
};
Result<WatchList> read_watch_list(const ProcessDir& process, int fd_number, std::size_t most,
                                  std::string& buffer);

// For readers with CAP_SYS_PTRACE alone: they may list and read fdinfo/, but neither list fd/ nor
// read its links. `out` is cleared first, and empty after an error.
Result<void> list_fdinfo_numbers(const ProcessDir& process, std::vector<int>& out);

// For the same readers: the watches when the file shows itself to be an inotify instance, nothing
// when it does not. An instance with no watches cannot be told from another file this way.
Result<std::optional<InotifyWatches>> probe_inotify(const ProcessDir& process, int fd_number,
                                                    std::string& buffer);

}  // namespace kcommons::procfs
