// The exposition as it stands: the newest text of each block, rendered once by whoever made the
// values, so that a scrape costs a copy and little else. What clients ask for besides plain text
// of the format 0.0.4, OpenMetrics or either of them compressed, is made of it once: of a large
// block by the publisher, where somebody has asked for that form lately; of a small one, or for
// the first who asks, at the scrape.
//
// Thread-safe: publishers and scrapes come from different threads. The mutex is held while
// pointers are copied, never while text is. A scrape may see blocks of different passes; each
// block is of one.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace kcommons::exposition {

struct Form {
  bool openmetrics = false;
  bool gzip = false;
};

class Registry final {
 public:
  void publish_self(std::string text);
  void publish_pools(std::string text);
  void publish_holdings(std::string text);
  // All three at once, after a census: no scrape sees its counters without its holdings.
  void publish_all(std::string self, std::string pools, std::string holdings);

  // Self, pools, holdings, and what must stand at the end, one after the other; what was never
  // published is left out. Shared by all who ask.
  using Pieces = std::vector<std::shared_ptr<const std::string>>;
  [[nodiscard]] Pieces exposition(Form form = {}) const;
  // Has a census been published? From then on the daemon is ready.
  [[nodiscard]] bool has_holdings() const;

 private:
  static constexpr std::size_t kForms = 4;
  class Block;
  using Text = std::shared_ptr<const Block>;
  [[nodiscard]] Text make(std::string text) const;
  void publish(Text& block, std::string text);

  mutable std::mutex mutex_;
  Text self_;
  Text pools_;
  Text holdings_;
  // By form: how many blocks are still made in it before anybody asks.
  mutable std::array<unsigned, kForms> wanted_{};
};

}  // namespace kcommons::exposition
