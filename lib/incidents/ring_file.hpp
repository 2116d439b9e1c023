// A ring file on disk: opened, locked and allocated to its whole size at the start, so that a
// record can be written when there are no descriptors and no room on the disk any more. A record is
// one pwrite(2) of one slot; the kernel is asked to write it out, and nobody waits for that. So
// after a SIGKILL no record is damaged, and after a loss of power at most the one that was being
// written; a file system that writes elsewhere what is written anew (btrfs, zfs) may refuse it for
// want of room. ring_text.hpp says what is in it.
//
// One process writes: the file is locked as long as it is open (F_OFD_SETLK of fcntl(2)). Not
// thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "base/unique_fd.hpp"
#include "incidents/ring_text.hpp"

namespace kcommons::incidents {

inline constexpr std::size_t kMostSlots = 4096;

class RingFile final {
 public:
  // Makes the file where there is none, and gives it `slots` slots: of one that had more the newest
  // records are kept. Slots that are damaged are made blank. An error where another process has it,
  // and where it holds something, and no record: then it is left as it is.
  static Result<RingFile> open(const std::string& path, std::size_t slots);

  [[nodiscard]] const std::string& path() const { return path_; }
  // What was in it, by the slots that it has now; without what was damaged.
  [[nodiscard]] const RingContent& found() const { return found_; }
  // How many slots were damaged.
  [[nodiscard]] std::size_t damaged() const { return damaged_; }

  // `object` as slot_of() takes it.
  Result<void> write(std::size_t slot, std::uint64_t sequence, std::string_view object);

 private:
  RingFile(UniqueFd fd, std::string path) : fd_(std::move(fd)), path_(std::move(path)) {}
  Result<void> prepare(std::size_t slots);
  Result<void> write_slot(std::size_t slot, std::string_view bytes);

  UniqueFd fd_;
  std::string path_;
  RingContent found_;
  std::size_t damaged_ = 0;
};

struct RingView {
  RingContent content;
  bool is_written = false;  // some process has it locked, to write it
};
// For who only looks. Takes no lock. A file that is no ring is an error.
Result<RingView> read_ring(const std::string& path);

}  // namespace kcommons::incidents
