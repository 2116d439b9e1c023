#include "bpf/walk_stock.hpp"

#include <bpf/bpf.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace kcommons::bpf {

WalkStock::WalkStock(int link_fd, std::size_t wanted) : link_fd_(link_fd), wanted_(wanted) {
  ready_.reserve(wanted);
  while (ready_.size() < wanted_) {
    UniqueFd made(::bpf_iter_create(link_fd_));
    if (!made.is_open()) return;
    ready_.push_back(std::move(made));
  }
}

Result<UniqueFd> WalkStock::take() {
  UniqueFd made(::bpf_iter_create(link_fd_));
  if (made.is_open()) return made;
  const int error = errno;
  if (ready_.empty()) return fail(Error::from_errno(error, "start a BPF walk over all tasks"));
  made = std::move(ready_.back());
  ready_.pop_back();
  return made;
}

void WalkStock::refill() {
  constexpr std::size_t kAtOnce = 16;
  const std::size_t enough = std::min(wanted_, ready_.size() + kAtOnce);
  while (ready_.size() < enough) {
    UniqueFd made(::bpf_iter_create(link_fd_));
    if (!made.is_open()) return;
    ready_.push_back(std::move(made));
  }
}

}  // namespace kcommons::bpf
