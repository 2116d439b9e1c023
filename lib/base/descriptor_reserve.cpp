#include "base/descriptor_reserve.hpp"

#include <sys/eventfd.h>

#include <algorithm>
#include <utility>

namespace kcommons {

DescriptorReserve::DescriptorReserve(std::size_t wanted, Hooks hooks)
    : wanted_(wanted), hooks_(std::move(hooks)) {
  held_.reserve(wanted_);
  open_missing();
  tell();
}

bool DescriptorReserve::make_room(std::size_t count, std::size_t most,
                                  const std::function<bool()>& enough) {
  const std::lock_guard lock(mutex_);
  const std::size_t needed = count + (hooks_.files_over ? hooks_.files_over() : 0);
  if (held_.empty() || needed > most) return false;
  const std::size_t kept = held_.size() - std::min(needed, held_.size());
  do {
    held_.pop_back();
  } while (held_.size() > kept && !(enough && enough()));
  tell();
  return true;
}

void DescriptorReserve::refill() {
  const std::lock_guard lock(mutex_);
  if (open_missing()) tell();
}

bool DescriptorReserve::is_full() const {
  const std::lock_guard lock(mutex_);
  return held_.size() == wanted_;
}

bool DescriptorReserve::open_missing() {
  const std::size_t before = held_.size();
  while (held_.size() < wanted_) {
    UniqueFd opened(::eventfd(0, EFD_CLOEXEC));
    if (!opened.is_open()) break;
    held_.push_back(std::move(opened));
  }
  return held_.size() != before;
}

void DescriptorReserve::tell() const {
  if (hooks_.left) hooks_.left(held_.size());
}

}  // namespace kcommons
