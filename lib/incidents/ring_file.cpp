#include "incidents/ring_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <set>
#include <utility>

namespace kcommons::incidents {

namespace {

constexpr std::size_t kMostBytes = kMostSlots * kSlotBytes;

Error no_ring(const std::string& path) {
  return Error::other(
      fmt::format("{} holds something else than incidents; name another file, or remove it", path));
}

off_t offset_of(std::size_t slot) {
  return static_cast<off_t>(slot * kSlotBytes);
}

// A regular file, so that no read of it waits.
Result<UniqueFd> open_regular(const std::string& path, int flags) {
  constexpr mode_t kMode = 0640;
  UniqueFd fd(::open(path.c_str(), flags | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, kMode));
  if (!fd.is_open()) return fail(Error::from_errno(errno, "open " + path));
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0) return fail(Error::from_errno(errno, "stat " + path));
  if (!S_ISREG(status.st_mode)) {
    return fail(Error::other(fmt::format("open {}: it is no regular file", path)));
  }
  return fd;
}

Result<std::string> read_all(const UniqueFd& fd, const std::string& path) {
  std::string bytes;
  for (;;) {
    constexpr std::size_t kChunk = std::size_t{64} << 10U;
    const std::size_t had = bytes.size();
    bytes.resize(had + kChunk);
    const ssize_t got = ::pread(fd.get(), bytes.data() + had, kChunk, static_cast<off_t>(had));
    bytes.resize(had + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
    if (got < 0) return fail(Error::from_errno(errno, "read " + path));
    if (got == 0) return bytes;
    if (bytes.size() > kMostBytes) return fail(no_ring(path));
  }
}

Result<RingContent> read_content(const UniqueFd& fd, const std::string& path) {
  const auto bytes = read_all(fd, path);
  if (!bytes) return fail(bytes.error());
  RingContent content = parse_ring(*bytes);
  if (content.is_foreign()) return fail(no_ring(path));
  return content;
}

struct flock whole_file() {
  struct flock lock {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  return lock;
}

Result<void> lock_for_writing(const UniqueFd& fd, const std::string& path) {
  struct flock lock = whole_file();
  if (::fcntl(fd.get(), F_OFD_SETLK, &lock) == 0) return {};
  if (errno == EAGAIN || errno == EACCES) {
    return fail(Error::other(fmt::format("lock {}: another kcommons writes it", path)));
  }
  return fail(Error::from_errno(errno, "lock " + path));
}

bool is_locked(const UniqueFd& fd) {
  struct flock lock = whole_file();
  return ::fcntl(fd.get(), F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

}  // namespace

Result<RingFile> RingFile::open(const std::string& path, std::size_t slots) {
  auto fd = open_regular(path, O_RDWR | O_CREAT | O_NOFOLLOW);
  if (!fd) return fail(fd.error());
  if (const auto locked = lock_for_writing(*fd, path); !locked) return fail(locked.error());
  RingFile file(std::move(*fd), path);
  auto content = read_content(file.fd_, path);
  if (!content) return fail(content.error());
  file.found_ = std::move(*content);
  file.damaged_ = file.found_.damaged.size();
  if (const auto done = file.prepare(slots); !done) return fail(done.error());
  return file;
}

// Each step leaves a file in which all records that are to be kept are whole: those of slots that
// are cut off are written to others before.
Result<void> RingFile::prepare(std::size_t slots) {
  std::vector<RingRecord>& records = found_.records;
  const std::size_t surplus = records.size() - std::min(records.size(), slots);
  records.erase(records.begin(), records.begin() + static_cast<std::ptrdiff_t>(surplus));

  const auto total = static_cast<off_t>(slots * kSlotBytes);
  // Not every file system can; blanks are written below in any case.
  if (::fallocate(fd_.get(), FALLOC_FL_KEEP_SIZE, 0, total) != 0 && errno != EOPNOTSUPP) {
    return fail(Error::from_errno(errno, fmt::format("take {} bytes for {}", total, path_)));
  }
  std::set<std::size_t> taken;
  for (const RingRecord& record : records) taken.insert(record.slot);
  std::size_t unused = 0;
  for (RingRecord& record : records) {
    if (record.slot < slots) continue;
    while (taken.contains(unused)) ++unused;
    if (const auto done = write(unused, record.sequence, record.object); !done)
      return fail(done.error());
    record.slot = unused;
    taken.insert(unused);
  }
  const std::string blank = blank_slot();
  for (std::size_t slot = 0; slot < slots; ++slot) {
    if (taken.contains(slot)) continue;
    if (const auto done = write_slot(slot, blank); !done) return fail(done.error());
  }
  // Before what was moved is cut off where it was.
  if (::fdatasync(fd_.get()) != 0) return fail(Error::from_errno(errno, "write out " + path_));
  if (::ftruncate(fd_.get(), total) != 0) {
    return fail(Error::from_errno(errno, fmt::format("cut {} to {} bytes", path_, total)));
  }
  found_.slots = slots;
  found_.damaged.clear();
  return {};
}

Result<void> RingFile::write_slot(std::size_t slot, std::string_view bytes) {
  const std::string attempted = fmt::format("write slot {} of {}", slot, path_);
  const ssize_t written = ::pwrite(fd_.get(), bytes.data(), bytes.size(), offset_of(slot));
  if (written < 0) return fail(Error::from_errno(errno, attempted));
  if (static_cast<std::size_t>(written) != bytes.size()) {
    return fail(Error::from_errno(ENOSPC, attempted));
  }
  return {};
}

Result<void> RingFile::write(std::size_t slot, std::uint64_t sequence, std::string_view object) {
  const auto bytes = slot_of(sequence, object);
  if (!bytes) {
    return fail(Error::other(
        fmt::format("write slot {} of {}: {} bytes do not fit", slot, path_, object.size())));
  }
  if (const auto done = write_slot(slot, *bytes); !done) return fail(done.error());
  // Begins to write it out; that it cannot be begun is no error of ours.
  static_cast<void>(
      ::sync_file_range(fd_.get(), offset_of(slot), kSlotBytes, SYNC_FILE_RANGE_WRITE));
  return {};
}

Result<RingView> read_ring(const std::string& path) {
  const auto fd = open_regular(path, O_RDONLY);
  if (!fd) return fail(fd.error());
  auto content = read_content(*fd, path);
  if (!content) return fail(content.error());
  return RingView{.content = std::move(*content), .is_written = is_locked(*fd)};
}

}  // namespace kcommons::incidents
