#include "identity/bolt.hpp"

#include <array>
#include <cstring>
#include <optional>
#include <type_traits>
#include <utility>

namespace kcommons::identity {

namespace {

// As the file has them (bbolt's page.go, bucket.go and db.go), in the byte order of the machine.
struct PageHeader {
  std::uint64_t id;
  std::uint16_t flags;
  std::uint16_t count;
  std::uint32_t overflow;  // pages that follow and belong to it
};
struct BranchElement {
  std::uint32_t position;  // of the key, from this element on
  std::uint32_t key_size;
  std::uint64_t page;
};
struct LeafElement {
  std::uint32_t flags;
  std::uint32_t position;  // of the key, and the value behind it
  std::uint32_t key_size;
  std::uint32_t value_size;
};
struct BucketHeader {
  std::uint64_t page;  // 0: it is small, and its page follows
  std::uint64_t sequence;
};
struct Meta {
  std::uint32_t magic;
  std::uint32_t version;
  std::uint32_t page_size;
  std::uint32_t flags;
  BucketHeader root;
  std::uint64_t free_list;
  std::uint64_t next_page;
  std::uint64_t transaction;
  std::uint64_t checksum;  // of what stands before it
};

constexpr std::uint16_t kBranch = 1;
constexpr std::uint16_t kLeaf = 2;
constexpr std::uint32_t kIsBucket = 1;
constexpr std::uint32_t kMagic = 0xED0CDAED;
constexpr std::uint32_t kVersion = 2;
// The second copy of the meta page is behind the first, and pages are those of the machine.
constexpr std::array<std::size_t, 3> kPageSizes{4096, 16384, 65536};
constexpr int kTreeLimit = 16;

template <typename T>
std::optional<T> take(std::string_view bytes, std::size_t offset) {
  static_assert(std::is_trivially_copyable_v<T>);
  if (offset > bytes.size() || bytes.size() - offset < sizeof(T)) return std::nullopt;
  T value;
  std::memcpy(&value, bytes.data() + offset, sizeof value);
  return value;
}

std::optional<std::string_view> part(std::string_view bytes, std::size_t offset, std::size_t size) {
  if (offset > bytes.size() || bytes.size() - offset < size) return std::nullopt;
  return bytes.substr(offset, size);
}

tl::unexpected<Error> broken(const char* attempted) {
  return fail(Error::malformed(attempted, ""));
}

// FNV-1a of 64 bits.
std::uint64_t checksum_of(std::string_view bytes) {
  std::uint64_t sum = 14695981039346656037U;
  for (const char byte : bytes) sum = (sum ^ static_cast<unsigned char>(byte)) * 1099511628211U;
  return sum;
}

std::optional<Meta> meta_at(std::string_view file, std::size_t offset) {
  const std::size_t begin = offset + sizeof(PageHeader);
  const auto meta = take<Meta>(file, begin);
  if (!meta || meta->magic != kMagic || meta->version != kVersion) return std::nullopt;
  const std::uint64_t sum = checksum_of(file.substr(begin, offsetof(Meta, checksum)));
  return sum == meta->checksum ? meta : std::nullopt;
}

// The later one of two. One of them may be half written.
std::optional<Meta> newest_meta(std::string_view file) {
  std::optional<Meta> newest = meta_at(file, 0);
  for (const std::size_t size : kPageSizes) {
    const auto other = meta_at(file, size);
    if (!other || other->page_size != size) continue;
    if (!newest || other->transaction > newest->transaction) newest = other;
  }
  return newest;
}

// A page that says of itself that it is that one.
Result<std::string_view> page_at(std::string_view file, std::size_t page_size, std::uint64_t id) {
  if (id >= file.size() / page_size) return broken("find a page of the database");
  const auto begin = static_cast<std::size_t>(id) * page_size;
  const auto header = take<PageHeader>(file, begin);
  if (!header || header->id != id) return broken("find a page of the database");
  const auto page = part(file, begin, (std::size_t{header->overflow} + 1) * page_size);
  if (!page) return broken("find the rest of a page of the database");
  return *page;
}

// Collects the leaves below a page.
class Walk final {
 public:
  Walk(std::string_view file, std::size_t page_size, std::size_t& budget)
      : file_(file), page_size_(page_size), budget_(budget) {}

  Result<void> take_page(std::string_view page, int depth);
  std::vector<BoltBucket::Item> items;

 private:
  Result<void> take_branch(std::string_view page, std::size_t at, int depth);
  Result<void> take_leaf(std::string_view page, std::size_t at);

  std::string_view file_;
  std::size_t page_size_;
  std::size_t& budget_;
};

Result<void> Walk::take_page(std::string_view page, int depth) {
  const auto header = take<PageHeader>(page, 0);
  if (!header || depth > kTreeLimit) return broken("read a page of the database");
  if (header->flags != kBranch && header->flags != kLeaf) return broken("find keys in a page");
  static_assert(sizeof(BranchElement) == sizeof(LeafElement));
  for (std::size_t i = 0; i < header->count; ++i) {
    if (budget_ == 0) return fail(Error::other("the database has more than is looked at"));
    --budget_;
    const std::size_t at = sizeof(PageHeader) + i * sizeof(LeafElement);
    const auto taken =
        header->flags == kBranch ? take_branch(page, at, depth) : take_leaf(page, at);
    if (!taken) return taken;
  }
  return {};
}

Result<void> Walk::take_branch(std::string_view page, std::size_t at, int depth) {
  const auto element = take<BranchElement>(page, at);
  if (!element) return broken("read a branch of the database");
  const auto below = page_at(file_, page_size_, element->page);
  if (!below) return fail(below.error());
  return take_page(*below, depth + 1);
}

Result<void> Walk::take_leaf(std::string_view page, std::size_t at) {
  const auto element = take<LeafElement>(page, at);
  if (!element) return broken("read a leaf of the database");
  const auto key = part(page, at + element->position, element->key_size);
  const auto value =
      part(page, at + element->position + std::size_t{element->key_size}, element->value_size);
  if (!key || !value) return broken("find a key of the database");
  items.push_back({.key = *key, .value = *value, .is_bucket = (element->flags & kIsBucket) != 0});
  return {};
}

}  // namespace

Result<BoltBucket> BoltBucket::open(std::string_view file) {
  const auto meta = newest_meta(file);
  if (!meta || meta->page_size < sizeof(PageHeader)) return broken("find the head of the database");
  const auto page = page_at(file, meta->page_size, meta->root.page);
  if (!page) return fail(page.error());
  return BoltBucket(file, meta->page_size, *page);
}

Result<std::vector<BoltBucket::Item>> BoltBucket::items(std::size_t& budget) const {
  Walk walk(file_, page_size_, budget);
  const auto taken = walk.take_page(page_, 0);
  if (!taken) return fail(taken.error());
  return std::move(walk.items);
}

Result<BoltBucket> BoltBucket::within(const Item& item) const {
  const auto header = take<BucketHeader>(item.value, 0);
  if (!item.is_bucket || !header) return broken("find a bucket in the database");
  if (header->page == 0) {
    return BoltBucket(file_, page_size_, item.value.substr(sizeof(BucketHeader)));
  }
  const auto page = page_at(file_, page_size_, header->page);
  if (!page) return fail(page.error());
  return BoltBucket(file_, page_size_, *page);
}

}  // namespace kcommons::identity
