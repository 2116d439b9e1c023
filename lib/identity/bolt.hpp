// A database of bbolt (go.etcd.io/bbolt), in which podman before 5 keeps its state: buckets of keys
// and values, which may be buckets again. Read from the bytes of its file, without its lock: where
// somebody writes meanwhile, the copy may be of two states, and that is an error as broken bytes
// are. All views are into these bytes. Pure, thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace kcommons::identity {

class BoltBucket final {
 public:
  struct Item {
    std::string_view key;
    std::string_view value;
    bool is_bucket = false;
  };

  // The outermost one of a file.
  static Result<BoltBucket> open(std::string_view file);

  // In the order of their keys. Pages may lead to each other without end where somebody means it:
  // each page and item takes one of `budget`, and none left is an error.
  [[nodiscard]] Result<std::vector<Item>> items(std::size_t& budget) const;
  // What is in an item that is a bucket.
  [[nodiscard]] Result<BoltBucket> within(const Item& item) const;

 private:
  BoltBucket(std::string_view file, std::size_t page_size, std::string_view page)
      : file_(file), page_size_(page_size), page_(page) {}

  std::string_view file_;
  std::size_t page_size_;
  std::string_view page_;  // its topmost one
};

}  // namespace kcommons::identity
