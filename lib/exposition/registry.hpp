// The exposition as it stands: the newest text of each block, rendered once by whoever made the
// values, so that a scrape costs a copy and nothing else.
//
// Thread-safe: publishers and scrapes come from different threads. The mutex is held while
// pointers are copied, never while text is. A scrape may see blocks of different passes; each
// block is of one.
#pragma once

#include <memory>
#include <mutex>
#include <string>

namespace kcommons::exposition {

class Registry final {
 public:
  void publish_self(std::string text);
  void publish_pools(std::string text);
  void publish_holdings(std::string text);
  // All three at once, after a census: no scrape sees its counters without its holdings.
  void publish_all(std::string self, std::string pools, std::string holdings);

  // Self, pools, holdings; what was never published is left out.
  [[nodiscard]] std::string exposition() const;
  // Has a census been published? From then on the daemon is ready.
  [[nodiscard]] bool has_holdings() const;

 private:
  using Text = std::shared_ptr<const std::string>;
  void publish(Text& block, std::string text);

  mutable std::mutex mutex_;
  Text self_;
  Text pools_;
  Text holdings_;
};

}  // namespace kcommons::exposition
