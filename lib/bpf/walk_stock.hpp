// Walks of one kind that are made ahead, for the time when no descriptor can be opened. A walk is
// an iterator of a BPF link: one descriptor, which is one open file of the host, and which serves
// one walk, beginning with its first read (bpf_iter_create and bpf_seq_read of
// kernel/bpf/bpf_iter.c). Kernel memory is taken by the walk under way alone; one that waits costs
// less than 1 KiB.
//
// Belongs to one thread. The link must stay open as long.
#pragma once

#include <cstddef>
#include <vector>

#include "base/result.hpp"
#include "base/unique_fd.hpp"

namespace kcommons::bpf {

class WalkStock final {
 public:
  WalkStock() = default;
  // Makes `wanted` of them, or as many as can be had.
  WalkStock(int link_fd, std::size_t wanted);

  // One that has not begun: made now, or where that fails, of the stock. An error where that is
  // empty too.
  Result<UniqueFd> take();
  // Makes what is missing, some at a time, until one fails. Best right after a walk was closed: the
  // descriptor that it had is free then.
  void refill();
  [[nodiscard]] std::size_t size() const { return ready_.size(); }

 private:
  int link_fd_ = -1;
  std::size_t wanted_ = 0;
  std::vector<UniqueFd> ready_;
};

}  // namespace kcommons::bpf
