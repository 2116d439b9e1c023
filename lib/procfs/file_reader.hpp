// Reading whole files of procfs. Their st_size says nothing and one read(2) may return less than
// all, so a read goes on until the kernel returns 0 (proc(5); fs/seq_file.c returns a page or so
// at a time).
//
// Contract: bytes land in a buffer that the caller owns and reuses; the view returned points into
// it and is valid until the buffer is touched again. The buffer only grows. A file longer than the
// limit is an error of kind kMalformed, never a shorter answer. Thread-safe for distinct buffers.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.hpp"
#include "base/unique_fd.hpp"

namespace kcommons::procfs {

inline constexpr std::size_t kFileLimit = std::size_t{1} << 20U;

// The whole of `path`, relative to `dir_fd`, opened with O_RDONLY | O_CLOEXEC | O_NOFOLLOW.
Result<std::string_view> read_file(int dir_fd, const char* path, std::string& buffer,
                                   std::size_t limit = kFileLimit);

// A file that stays open for the life of the daemon and is read anew from its start each time, so
// that it can be read when no descriptor can be opened any more (EMFILE, ENFILE). Movable; read()
// moves no file position and may be called from several threads with a buffer each.
class KernelFile final {
 public:
  static Result<KernelFile> open(int dir_fd, std::string path);
  Result<std::string_view> read(std::string& buffer) const;
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  KernelFile(UniqueFd fd, std::string path) : fd_(std::move(fd)), path_(std::move(path)) {}

  UniqueFd fd_;
  std::string path_;
};

}  // namespace kcommons::procfs
