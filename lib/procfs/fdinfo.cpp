#include "procfs/fdinfo.hpp"

#include <fcntl.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

#include "base/text.hpp"
#include "base/unique_fd.hpp"
#include "procfs/directory.hpp"

namespace kcommons::procfs {

namespace {

// A watch line is at most 400 bytes: a file handle has 128 bytes at most (MAX_HANDLE_SZ).
constexpr std::size_t kLineLimit = 4096;
constexpr std::size_t kReadBytes = std::size_t{64} << 10U;
// Nine million watches; the kernel's own default ceiling is 1,048,576 a user.
constexpr std::uint64_t kFileLimitBytes = std::uint64_t{1} << 30U;
constexpr std::string_view kWatch = "inotify wd:";

struct TellingLine {
  std::string_view start;
  FdinfoKind kind;
};
constexpr std::array kTellingLines = {
    TellingLine{kWatch, FdinfoKind::kInotify},
    TellingLine{"fanotify ", FdinfoKind::kFanotify},
    TellingLine{"tfd:", FdinfoKind::kEpoll},
    TellingLine{"eventfd-count:", FdinfoKind::kEventfd},
    TellingLine{"clockid:", FdinfoKind::kTimerfd},
    TellingLine{"sigmask:", FdinfoKind::kSignalfd},
    TellingLine{"Pid:", FdinfoKind::kPidfd},
    TellingLine{"exp_name:", FdinfoKind::kOther},  // a dma-buf
};

// The finalizer of SplitMix64: every bit of the input reaches every bit of the result.
std::uint64_t mix(std::uint64_t value) {
  value = (value ^ (value >> 30U)) * 0xbf58476d1ce4e5b9U;
  value = (value ^ (value >> 27U)) * 0x94d049bb133111ebU;
  return value ^ (value >> 31U);
}

// The hex number of the word "key:number".
template <typename T>
std::optional<T> take_hex(std::string_view& words, std::string_view key) {
  const std::string_view word = text::take_word(words);
  if (!word.starts_with(key)) return std::nullopt;
  return text::parse_number<T>(word.substr(key.size()), 16);
}

// As the kernel has it within itself: MAJOR << 20 | MINOR (include/linux/kdev_t.h).
dev_t device_of(std::uint64_t kernel_device) {
  constexpr unsigned kMinorBits = 20;
  constexpr std::uint64_t kMinorMask = (std::uint64_t{1} << kMinorBits) - 1;
  return ::makedev(static_cast<unsigned>(kernel_device >> kMinorBits),
                   static_cast<unsigned>(kernel_device & kMinorMask));
}

// mask:100 ignored_mask:0 fhandle-bytes:8 fhandle-type:1 f_handle:3ac500001f34ab12
void take_handle(std::string_view words, InotifyWatch& watch) {
  text::take_word(words);
  text::take_word(words);
  const auto bytes = take_hex<std::size_t>(words, "fhandle-bytes:");
  const auto type = take_hex<int>(words, "fhandle-type:");
  std::string_view hex = text::take_word(words);
  constexpr std::string_view kHandle = "f_handle:";
  if (!bytes || !type || !hex.starts_with(kHandle)) return;
  hex.remove_prefix(kHandle.size());
  if (hex.size() != 2 * *bytes) return;
  std::string handle;
  for (; !hex.empty(); hex.remove_prefix(2)) {
    const auto byte = text::parse_number<std::uint8_t>(hex.substr(0, 2), 16);
    if (!byte) return;
    handle.push_back(static_cast<char>(*byte));
  }
  watch.handle_type = *type;
  watch.handle = std::move(handle);
}

Result<void> feed_file(int fd, InotifyFdinfoParser& parser, std::string& buffer) {
  if (buffer.size() < kReadBytes) buffer.resize(kReadBytes);
  std::uint64_t total = 0;
  while (total <= kFileLimitBytes) {
    const ssize_t got = ::read(fd, buffer.data(), kReadBytes);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail(Error::from_errno(errno, "read"));
    if (got == 0) return {};
    total += static_cast<std::uint64_t>(got);
    parser.feed(std::string_view(buffer).substr(0, static_cast<std::size_t>(got)));
  }
  return fail(
      Error::malformed("read: longer than " + std::to_string(kFileLimitBytes) + " bytes", buffer));
}

Result<void> feed_file(const ProcessDir& process, const std::string& path,
                       InotifyFdinfoParser& parser, std::string& buffer) {
  const UniqueFd fd(::openat(process.fd(), path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!fd.is_open()) return fail(process.explain(Error::from_errno(errno, "open " + path)));
  const Result<void> fed = feed_file(fd.get(), parser, buffer);
  if (!fed) return fail(process.explain(fed.error().during(path)));
  return {};
}

std::string path_of(int fd_number) {
  return "fdinfo/" + std::to_string(fd_number);
}

}  // namespace

void InotifyFdinfoParser::feed(std::string_view chunk) {
  is_begun_ = is_begun_ || !chunk.empty();
  while (!chunk.empty() && !error_) {
    const std::size_t end = chunk.find('\n');
    const std::string_view piece = chunk.substr(0, end);
    if (unfinished_.size() + piece.size() > kLineLimit) {
      reject("line longer than " + std::to_string(kLineLimit) + " bytes",
             unfinished_.empty() ? piece : unfinished_);
      return;
    }
    if (end == std::string_view::npos) {
      unfinished_ += piece;
      return;
    }
    chunk.remove_prefix(end + 1);
    if (unfinished_.empty()) {
      take_line(piece);
    } else {
      unfinished_ += piece;
      take_line(unfinished_);
      unfinished_.clear();
    }
  }
}

Result<InotifyWatches> InotifyFdinfoParser::finish() {
  if (!error_ && !unfinished_.empty()) {
    take_line(unfinished_);  // it may tell the kind
    reject("cut short", unfinished_);
  }
  if (!is_begun_) reject("empty", "");
  // No watches are none only where the kernel has written the rest.
  if (watches_.count == 0 && !is_of_kernel_) reject("neither pos nor flags", "");
  if (error_) return fail(*error_);
  return watches_;
}

void InotifyFdinfoParser::take_line(std::string_view line) {
  is_of_kernel_ = is_of_kernel_ || line.starts_with("pos:") || line.starts_with("flags:");
  if (!kind_) {
    for (const TellingLine& row : kTellingLines) {
      if (line.starts_with(row.start)) kind_ = row.kind;
    }
  }
  if (line.starts_with(kWatch)) take_watch(line);
}

void InotifyFdinfoParser::take_watch(std::string_view line) {
  std::string_view words = line.substr(std::string_view("inotify ").size());
  const auto wd = take_hex<std::uint32_t>(words, "wd:");
  const auto inode = take_hex<std::uint64_t>(words, "ino:");
  const auto device = take_hex<std::uint64_t>(words, "sdev:");
  if (!wd || !inode || !device) {
    reject("watch", line);
    return;
  }
  ++watches_.count;
  // A sum does not depend on the order of the lines.
  watches_.digest += mix(mix(mix(*wd + 1U) ^ *inode) ^ *device);
  if (!take_) return;
  InotifyWatch watch{.wd = *wd, .inode = *inode, .device = device_of(*device)};
  take_handle(words, watch);
  take_(std::move(watch));
}

void InotifyFdinfoParser::reject(std::string_view why, std::string_view line) {
  if (!error_) error_ = Error::malformed("parse fdinfo: " + std::string(why), line);
}

Result<InotifyWatches> read_inotify_watches(const ProcessDir& process, int fd_number,
                                            std::string& buffer) {
  const std::string path = path_of(fd_number);
  InotifyFdinfoParser parser;
  const Result<void> fed = feed_file(process, path, parser, buffer);
  if (!fed) return fail(fed.error());
  Result<InotifyWatches> watches = parser.finish();
  if (!watches) return fail(watches.error().during(process.name() + "/" + path));
  return watches;
}

Result<WatchList> read_watch_list(const ProcessDir& process, int fd_number, std::size_t most,
                                  std::string& buffer) {
  const std::string path = path_of(fd_number);
  WatchList list;
  InotifyFdinfoParser parser;
  parser.tell([&](InotifyWatch watch) {
    if (list.first.size() < most) list.first.push_back(std::move(watch));
  });
  const Result<void> fed = feed_file(process, path, parser, buffer);
  if (!fed) return fail(fed.error());
  const Result<InotifyWatches> watches = parser.finish();
  if (!watches) return fail(watches.error().during(process.name() + "/" + path));
  list.all = *watches;
  return list;
}

Result<std::optional<InotifyWatches>> probe_inotify(const ProcessDir& process, int fd_number,
                                                    std::string& buffer) {
  const std::string path = path_of(fd_number);
  InotifyFdinfoParser parser;
  const Result<void> fed = feed_file(process, path, parser, buffer);
  if (!fed) return fail(fed.error());
  const Result<InotifyWatches> watches = parser.finish();
  if (parser.kind() != FdinfoKind::kInotify) return std::optional<InotifyWatches>{};
  if (!watches) return fail(watches.error().during(process.name() + "/" + path));
  return std::optional(*watches);
}

Result<void> list_fdinfo_numbers(const ProcessDir& process, std::vector<int>& out) {
  out.clear();
  const Result<UniqueFd> fdinfo = open_directory(process.fd(), "fdinfo");
  if (!fdinfo) return fail(process.explain(fdinfo.error()));
  const Result<void> listed =
      for_each_number(fdinfo->get(), [&out](int number) { out.push_back(number); });
  if (!listed) {
    out.clear();
    return fail(process.explain(listed.error().during("fdinfo")));
  }
  return {};
}

}  // namespace kcommons::procfs
