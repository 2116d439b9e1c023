// Listing of kernel directories with getdents64(2) and a buffer on the stack: nothing is allocated
// however many entries there are. For the readers of this folder.
//
// Contract: a DirectoryReader borrows the descriptor and moves its position; one reader at a time
// may use a descriptor. Entries that come or go while the listing runs may or may not be in it.
#pragma once

#include <dirent.h>

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>
#include <utility>

#include "base/result.hpp"
#include "base/unique_fd.hpp"

namespace kcommons::procfs {

// O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC. The error says "open `path`".
Result<UniqueFd> open_directory(int dir_fd, const char* path);

class DirectoryReader final {
 public:
  explicit DirectoryReader(int fd) : fd_(fd) {}
  // The next name, "." and ".." too; a null pointer at the end. Valid until the next call.
  Result<const char*> next();

 private:
  int fd_;
  std::size_t offset_ = 0;
  std::size_t filled_ = 0;
  alignas(dirent64) std::array<char, 32768> buffer_;
};

// The number that a file name of procfs is: digits only, no leading zero, fits an int.
std::optional<int> number_of_name(std::string_view name);

// Calls visit(number) for every entry whose name is a number.
template <typename Visit>
Result<void> for_each_number(int fd, Visit visit) {
  DirectoryReader reader(fd);
  while (true) {
    const Result<const char*> name = reader.next();
    if (!name) return fail(name.error());
    if (*name == nullptr) return {};
    if (const std::optional<int> number = number_of_name(*name)) visit(*number);
  }
}

}  // namespace kcommons::procfs
