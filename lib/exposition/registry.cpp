#include "exposition/registry.hpp"

#include <utility>

#include "exposition/gzip.hpp"
#include "exposition/openmetrics.hpp"

namespace kcommons::exposition {

namespace {

// From this size on a block is worth making before it is asked for.
constexpr std::size_t kLarge = std::size_t{64} << 10U;
// So many large blocks long a form is made that nobody asks for any more: ten minutes of censuses.
constexpr unsigned kStaysWanted = 60;

std::size_t index_of(Form form) {
  return (form.openmetrics ? 2U : 0U) + (form.gzip ? 1U : 0U);
}

Form form_of(std::size_t index) {
  return {.openmetrics = index >= 2, .gzip = index % 2 == 1};
}

std::shared_ptr<const std::string> openmetrics_end(Form form) {
  static const auto kPlain = std::make_shared<const std::string>(kOpenMetricsEnd);
  static const auto kGzip = std::make_shared<const std::string>(gzip(kOpenMetricsEnd));
  return form.gzip ? kGzip : kPlain;
}

}  // namespace

// One text, and what was made of it.
class Registry::Block final {
 public:
  explicit Block(std::string text) : made_{std::make_shared<const std::string>(std::move(text))} {}

  std::shared_ptr<const std::string> in(Form form) const;
  [[nodiscard]] bool is_large() const { return made_.front()->size() >= kLarge; }

 private:
  // Held while one is made: who else asks for it waits, and does not make it again.
  mutable std::mutex mutex_;
  mutable std::array<std::shared_ptr<const std::string>, kForms> made_;
};

std::shared_ptr<const std::string> Registry::Block::in(Form form) const {
  const std::lock_guard lock(mutex_);
  auto& made = made_.at(index_of(form));
  if (made) return made;
  const std::string& text = *made_.front();
  // What is only on the way to the compressed text is not kept: it is as large as the text.
  const auto& plain = made_.at(index_of({.openmetrics = form.openmetrics, .gzip = false}));
  std::string out = plain ? *plain : to_openmetrics(text);
  if (form.gzip) out = gzip(out);
  made = std::make_shared<const std::string>(std::move(out));
  return made;
}

void Registry::publish_self(std::string text) {
  publish(self_, std::move(text));
}
void Registry::publish_pools(std::string text) {
  publish(pools_, std::move(text));
}
void Registry::publish_holdings(std::string text) {
  publish(holdings_, std::move(text));
}

Registry::Text Registry::make(std::string text) const {
  auto block = std::make_shared<const Block>(std::move(text));
  if (!block->is_large()) return block;
  std::array<bool, kForms> wanted{};
  {
    const std::lock_guard lock(mutex_);
    for (std::size_t i = 0; i < kForms; ++i) {
      wanted.at(i) = wanted_.at(i) > 0;
      if (wanted.at(i)) --wanted_.at(i);
    }
  }
  for (std::size_t i = 0; i < kForms; ++i) {
    if (wanted.at(i)) static_cast<void>(block->in(form_of(i)));
  }
  return block;
}

void Registry::publish(Text& block, std::string text) {
  Text next = make(std::move(text));
  const std::lock_guard lock(mutex_);
  // The old text goes with `next`, after the lock, and is freed by the last scrape that reads it.
  block.swap(next);
}

void Registry::publish_all(std::string self, std::string pools, std::string holdings) {
  Text new_self = make(std::move(self));
  Text new_pools = make(std::move(pools));
  Text new_holdings = make(std::move(holdings));
  const std::lock_guard lock(mutex_);
  // Swapped and not assigned: the old texts are freed after the lock.
  self_.swap(new_self);
  pools_.swap(new_pools);
  holdings_.swap(new_holdings);
}

Registry::Pieces Registry::exposition(Form form) const {
  std::array<Text, 3> blocks;
  {
    const std::lock_guard lock(mutex_);
    blocks = {self_, pools_, holdings_};
    wanted_.at(index_of(form)) = kStaysWanted;
  }
  Pieces pieces;
  for (const Text& block : blocks) {
    if (block) pieces.push_back(block->in(form));
  }
  if (form.openmetrics) pieces.push_back(openmetrics_end(form));
  return pieces;
}

bool Registry::has_holdings() const {
  const std::lock_guard lock(mutex_);
  return holdings_ != nullptr;
}

}  // namespace kcommons::exposition
