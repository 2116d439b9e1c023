// Descriptors that are held for nothing but to be given up: when fs.file-max or the limit of the
// process is reached, closing some lets the next open(2) or accept(2) succeed. Thread-safe.
#pragma once

#include <cstddef>
#include <functional>
#include <mutex>
#include <vector>

#include "base/unique_fd.hpp"

namespace kcommons {

class DescriptorReserve final {
 public:
  struct Hooks {
    // How many files more than its limit the host has open: the kernel lets CAP_SYS_ADMIN go beyond
    // it (alloc_empty_file of fs/file_table.c), and then as many must be closed before one can be
    // opened. Empty: none.
    std::function<std::size_t()> files_over;
    // Is told how many descriptors are left, at the start and at each change. Empty: nobody is.
    std::function<void(std::size_t)> left;
  };

  // Opens `wanted`, or as many as can be had. The hooks are called under its lock, from any thread.
  DescriptorReserve(std::size_t wanted, Hooks hooks);

  // Gives up so many that `count` can be opened, or all that are left where that is less; nothing
  // where it would take more than `most`. They go one by one, until `enough`, where there is one,
  // says that no more are needed: the kernel counts files by processor, and lets others open one up
  // to some dozens sooner. True where it has given up any.
  bool make_room(std::size_t count, std::size_t most, const std::function<bool()>& enough = {});
  // Opens what is missing, as far as that is possible.
  void refill();
  [[nodiscard]] bool is_full() const;

 private:
  bool open_missing();
  void tell() const;

  const std::size_t wanted_;
  const Hooks hooks_;
  mutable std::mutex mutex_;
  std::vector<UniqueFd> held_;
};

}  // namespace kcommons
