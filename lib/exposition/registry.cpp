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

void Registry::publish_all(std::string self, std::string pools, std::string holdings) {
  auto new_self = std::make_shared<const std::string>(std::move(self));
  auto new_pools = std::make_shared<const std::string>(std::move(pools));
  auto new_holdings = std::make_shared<const std::string>(std::move(holdings));
  const std::lock_guard lock(mutex_);
  // Swapped and not assigned: the old texts are freed after the lock.
  self_.swap(new_self);
  pools_.swap(new_pools);
  holdings_.swap(new_holdings);
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
