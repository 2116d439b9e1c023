#include "identity/bolt.hpp"

#include <array>
#include <cstring>
#include <string>

namespace kcommons::identity {

namespace {

// Numbers stand as the machine that wrote them has them, which is this one.
template <typename T>
std::optional<T> number_at(std::string_view bytes, std::size_t offset) {
  if (offset > bytes.size() || bytes.size() - offset < sizeof(T)) return std::nullopt;
  T value{};
  std::memcpy(&value, bytes.data() + offset, sizeof value);
  return value;
}

std::optional<std::string_view> slice(std::string_view bytes, std::uint64_t offset,
                                      std::uint64_t length) {
  if (offset > bytes.size() || bytes.size() - offset < length) return std::nullopt;
  return bytes.substr(offset, length);
}

constexpr std::size_t kPageHeader = 16;
constexpr std::size_t kElement = 16;
constexpr std::uint16_t kBranchPage = 0x01;
constexpr std::uint16_t kLeafPage = 0x02;
constexpr std::uint32_t kBucketElement = 0x01;

// The key of an element at `element`, whose position and size stand at `numbers`.
std::optional<std::string_view> key_at(std::string_view page, std::size_t element,
                                       std::size_t numbers) {
  const auto position = number_at<std::uint32_t>(page, numbers);
  const auto size = number_at<std::uint32_t>(page, numbers + 4);
  return position && size ? slice(page, element + *position, *size) : std::nullopt;
}

// --- the first two pages ----------------------------------------------------------------------

constexpr std::uint32_t kMagic = 0xED0CDAED;
constexpr std::uint32_t kVersion = 2;
constexpr std::size_t kChecksumAt = 56;

// FNV-1a, as Go's hash/fnv has it.
std::uint64_t checksum(std::string_view bytes) {
  std::uint64_t hash = 14695981039346656037U;
  for (const char byte : bytes) {
    hash ^= static_cast<unsigned char>(byte);
    hash *= 1099511628211U;
  }
  return hash;
}

struct Meta {
  std::size_t page_size = 0;
  std::uint64_t root = 0;
  std::uint64_t transaction = 0;
};

std::optional<Meta> meta_of(std::string_view page) {
  const auto meta = slice(page, kPageHeader, kChecksumAt + sizeof(std::uint64_t));
  if (!meta || number_at<std::uint32_t>(*meta, 0) != kMagic) return std::nullopt;
  if (number_at<std::uint32_t>(*meta, 4) != kVersion) return std::nullopt;
  const auto sum = checksum(meta->substr(0, kChecksumAt));
  if (number_at<std::uint64_t>(*meta, kChecksumAt) != sum) return std::nullopt;
  return Meta{.page_size = *number_at<std::uint32_t>(*meta, 8),
              .root = *number_at<std::uint64_t>(*meta, 16),
              .transaction = *number_at<std::uint64_t>(*meta, 48)};
}

// A writer alternates between two, so that one of them is whole. The second stands at the size of a
// page, which is the first one's to say and may be lost with it.
std::optional<Meta> newest_meta(std::string_view file) {
  std::optional<Meta> newest = meta_of(file);
  constexpr std::array<std::size_t, 5> kPageSizes{4096, 8192, 16384, 32768, 65536};
  for (const std::size_t size : kPageSizes) {
    if (size > file.size() || (newest && newest->page_size != size)) continue;
    const auto second = meta_of(file.substr(size));
    if (!second || second->page_size != size) continue;
    if (!newest || second->transaction > newest->transaction) newest = second;
  }
  return newest;
}

Error broken(std::string_view what) {
  return Error::malformed("read a file of Bolt", what);
}

}  // namespace

Result<Bolt> Bolt::open(std::string_view file) {
  const auto meta = newest_meta(file);
  if (!meta) return fail(broken("neither of its two heads is whole"));
  constexpr std::size_t kLeastPage = 512;
  if (meta->page_size < kLeastPage) return fail(broken("a page size that makes no sense"));
  return Bolt(file, meta->page_size, meta->root);
}

std::string_view Bolt::page(std::uint64_t number) const {
  if (number >= file_.size() / page_size_) return {};
  return file_.substr(number * page_size_);
}

// The one of that key on a leaf.
Result<std::optional<Bolt::Element>> Bolt::find_on_leaf(std::string_view page, std::size_t count,
                                                        std::string_view key) {
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t at = kPageHeader + i * kElement;
    const auto found = key_at(page, at, at + 4);
    if (!found) return fail(broken("an element beyond its page"));
    if (*found != key) continue;
    const auto kind = number_at<std::uint32_t>(page, at);
    const auto size = number_at<std::uint32_t>(page, at + 12);
    const auto begin = static_cast<std::uint64_t>(found->data() + found->size() - page.data());
    const auto value = kind && size ? slice(page, begin, *size) : std::nullopt;
    if (!value) return fail(broken("a value beyond its page"));
    return std::optional(Element{.is_bucket = (*kind & kBucketElement) != 0, .value = *value});
  }
  return std::optional<Element>();
}

// The page below a branch on which that key would be: each element has the first key of its page.
Result<std::optional<std::uint64_t>> Bolt::next_of_branch(std::string_view page, std::size_t count,
                                                          std::string_view key) {
  std::optional<std::uint64_t> next;
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t at = kPageHeader + i * kElement;
    const auto first = key_at(page, at, at);
    if (!first) return fail(broken("an element beyond its page"));
    if (next && *first > key) break;
    next = number_at<std::uint64_t>(page, at + 8);
  }
  return next;
}

Result<std::optional<Bolt::Element>> Bolt::find_in(std::string_view page,
                                                   std::string_view key) const {
  constexpr int kDeepest = 32;  // a tree of pages may not lead back into itself
  for (int depth = 0; depth < kDeepest; ++depth) {
    const auto kind = number_at<std::uint16_t>(page, 8);
    const auto count = number_at<std::uint16_t>(page, 10);
    if (!kind || !count) return fail(broken("a page beyond its end"));
    if (*kind == kLeafPage) return find_on_leaf(page, *count, key);
    if (*kind != kBranchPage) return fail(broken("a page of another kind"));
    const auto next = next_of_branch(page, *count, key);
    if (!next) return fail(next.error());
    if (!*next) return std::optional<Element>();
    page = this->page(**next);
  }
  return fail(broken("pages nested too deeply"));
}

Result<std::optional<std::string_view>> Bolt::find(
    const std::vector<std::string_view>& path) const {
  std::string_view at = page(root_);
  for (std::size_t i = 0; i < path.size(); ++i) {
    const auto element = find_in(at, path[i]);
    if (!element) return fail(element.error());
    if (!*element) return std::optional<std::string_view>();
    const bool is_last = i + 1 == path.size();
    if ((*element)->is_bucket == is_last) return std::optional<std::string_view>();
    if (is_last) return std::optional((*element)->value);
    // A bucket says where its page is; a small one has it in line, behind the two numbers.
    constexpr std::size_t kBucketHeader = 16;
    const auto root = number_at<std::uint64_t>((*element)->value, 0);
    if (!root || (*element)->value.size() < kBucketHeader) return fail(broken("half a bucket"));
    at = *root == 0 ? (*element)->value.substr(kBucketHeader) : page(*root);
  }
  return std::optional<std::string_view>();
}

}  // namespace kcommons::identity
