// A file of Bolt, the key-value store in which podman before version 5 keeps its containers and
// pods (bbolt: page.go, node.go, bucket.go, db.go). Reads what a writer left, without its lock:
// pages are written anew and not over what is in use, and whatever does not fit together is an
// error. Pure, thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace kcommons::identity {

class Bolt final {
 public:
  // `file` must outlive it.
  static Result<Bolt> open(std::string_view file);

  // The value at the end of a path: the names of buckets, one within the other, then the key. Empty
  // where there is none. Points into the file.
  [[nodiscard]] Result<std::optional<std::string_view>> find(
      const std::vector<std::string_view>& path) const;

 private:
  Bolt(std::string_view file, std::size_t page_size, std::uint64_t root)
      : file_(file), page_size_(page_size), root_(root) {}

  struct Element {
    bool is_bucket = false;
    std::string_view value;
  };
  static Result<std::optional<Element>> find_on_leaf(std::string_view page, std::size_t count,
                                                     std::string_view key);
  static Result<std::optional<std::uint64_t>> next_of_branch(std::string_view page,
                                                             std::size_t count,
                                                             std::string_view key);
  // Down from a page to the leaf that has the key.
  [[nodiscard]] Result<std::optional<Element>> find_in(std::string_view page,
                                                       std::string_view key) const;
  // From the beginning of a page to the end of the file; empty where there is none of that number.
  [[nodiscard]] std::string_view page(std::uint64_t number) const;

  std::string_view file_;
  std::size_t page_size_;
  std::uint64_t root_;  // number of the page of the outermost bucket
};

}  // namespace kcommons::identity
