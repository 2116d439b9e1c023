#include "bpf/records.hpp"

#include <array>
#include <catch2/catch.hpp>
#include <cstring>
#include <string>
#include <vector>

using namespace kcommons;
using namespace kcommons::bpf;

namespace {

// Bytes at an address that is as aligned as those of the ring buffer.
class Bytes {
 public:
  template <typename T>
  explicit Bytes(const T& record) : size_(sizeof(record)) {
    words_.resize(sizeof(record) / 8 + 1);
    std::memcpy(words_.data(), &record, sizeof(record));
  }
  Bytes& cut(std::size_t size) {
    size_ = size;
    return *this;
  }
  [[nodiscard]] std::span<const std::byte> span() const {
    return {reinterpret_cast<const std::byte*>(words_.data()), size_};
  }

 private:
  std::vector<std::uint64_t> words_;
  std::size_t size_;
};

template <typename T>
T with_kind(std::uint32_t kind) {
  T record{};
  record.kind = kind;
  return record;
}

template <typename T>
void check_whole(std::uint32_t kind) {
  Bytes bytes(with_kind<T>(kind));
  const auto record = decode(bytes.span());
  REQUIRE(record);
  CHECK(std::get<const T*>(*record)->kind == kind);
  CHECK_FALSE(decode(bytes.cut(sizeof(T) - 1).span()));
}

}  // namespace

TEST_CASE("each record is known by its kind and must be whole", "[bpf]") {
  check_whole<kc_ucounts>(KC_RECORD_UCOUNTS);
  check_whole<kc_user>(KC_RECORD_USER);
  check_whole<kc_css_set>(KC_RECORD_CSS_SET);
  check_whole<kc_process>(KC_RECORD_PROCESS);
  check_whole<kc_table>(KC_RECORD_TABLE);
  check_whole<kc_file>(KC_RECORD_FILE);
  check_whole<kc_group>(KC_RECORD_GROUP);
}

TEST_CASE("a cgroup's name is as long as it says", "[bpf]") {
  auto record = with_kind<kc_cgroup>(KC_RECORD_CGROUP);
  record.name_size = 3;
  record.id = 5;
  std::memcpy(record.name, "abcdef", 6);
  Bytes bytes(record);
  const auto decoded = decode(bytes.cut(offsetof(kc_cgroup, name) + 3).span());
  REQUIRE(decoded);
  CHECK(std::get<CgroupRecord>(*decoded).name == "abc");
  CHECK(std::get<CgroupRecord>(*decoded).id == 5);
  CHECK_FALSE(decode(bytes.cut(offsetof(kc_cgroup, name) + 4).span()));
  CHECK_FALSE(decode(bytes.cut(offsetof(kc_cgroup, name) - 1).span()));
}

TEST_CASE("what is no record is an error", "[bpf]") {
  CHECK_FALSE(decode({}));
  CHECK_FALSE(decode(Bytes(std::array<char, 2>{}).span()));
  CHECK_FALSE(decode(Bytes(with_kind<kc_file>(0)).span()));
  CHECK_FALSE(decode(Bytes(with_kind<kc_file>(99)).span()));
  auto set = with_kind<kc_css_set>(KC_RECORD_CSS_SET);
  set.count = KC_HIERARCHIES + 1;
  CHECK_FALSE(decode(Bytes(set).span()));
}
