#include "exposition/registry.hpp"

#include <array>
#include <utility>

namespace kcommons::exposition {

void Registry::publish_self(std::string text) {
  publish(self_, std::move(text));
}
void Registry::publish_pools(std::string text) {
  publish(pools_, std::move(text));
}
void Registry::publish_holdings(std::string text) {
  publish(holdings_, std::move(text));
}

void Registry::publish(Text& block, std::string text) {
  Text next = std::make_shared<const std::string>(std::move(text));
  const std::lock_guard lock(mutex_);
  // The old text goes with `next`, after the lock, and is freed by the last scrape that reads it.
  block.swap(next);
}

std::string Registry::exposition() const {
  std::array<Text, 3> blocks;
  {
    const std::lock_guard lock(mutex_);
    blocks = {self_, pools_, holdings_};
  }
  std::size_t size = 0;
  for (const Text& block : blocks) size += block ? block->size() : 0;
  std::string out;
  out.reserve(size);
  for (const Text& block : blocks) {
    if (block) out += *block;
  }
  return out;
}

bool Registry::has_holdings() const {
  const std::lock_guard lock(mutex_);
  return holdings_ != nullptr;
}

}  // namespace kcommons::exposition
