// Files of Bolt made by hand, page by page; podman_state_test.cpp has a real one.
#include "identity/bolt.hpp"

#include <catch2/catch.hpp>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

using namespace kcommons;
using namespace kcommons::identity;

namespace {

constexpr std::size_t kPage = 4096;

template <typename T>
std::string bytes_of(T value) {
  return {reinterpret_cast<const char*>(&value), sizeof value};
}

struct Item {
  std::string key;
  std::string value;
  bool is_bucket = false;
};

std::string header(std::uint64_t id, std::uint16_t flags, std::size_t count) {
  return bytes_of(id) + bytes_of(flags) + bytes_of(static_cast<std::uint16_t>(count)) +
         bytes_of(std::uint32_t{0});
}

std::string leaf(std::uint64_t id, const std::vector<Item>& items) {
  std::string elements;
  std::string data;
  for (std::size_t i = 0; i < items.size(); ++i) {
    const std::size_t position = (items.size() - i) * 16 + data.size();
    elements += bytes_of(std::uint32_t{items[i].is_bucket}) +
                bytes_of(static_cast<std::uint32_t>(position)) +
                bytes_of(static_cast<std::uint32_t>(items[i].key.size())) +
                bytes_of(static_cast<std::uint32_t>(items[i].value.size()));
    data += items[i].key + items[i].value;
  }
  return header(id, 2, items.size()) + elements + data;
}

// The first key of each page, and its number.
std::string branch(std::uint64_t id,
                   const std::vector<std::pair<std::string, std::uint64_t>>& pages) {
  std::string elements;
  std::string keys;
  for (std::size_t i = 0; i < pages.size(); ++i) {
    const std::size_t position = (pages.size() - i) * 16 + keys.size();
    elements += bytes_of(static_cast<std::uint32_t>(position)) +
                bytes_of(static_cast<std::uint32_t>(pages[i].first.size())) +
                bytes_of(pages[i].second);
    keys += pages[i].first;
  }
  return header(id, 1, pages.size()) + elements + keys;
}

std::string bucket_at(std::uint64_t page) {
  return bytes_of(page) + bytes_of(std::uint64_t{0});
}

Item inline_bucket(std::string key, const std::vector<Item>& items) {
  return {.key = std::move(key), .value = bucket_at(0) + leaf(0, items), .is_bucket = true};
}

std::string meta(std::uint64_t id, std::uint64_t root, std::uint64_t transaction) {
  std::string text = bytes_of(std::uint32_t{0xED0CDAED}) + bytes_of(std::uint32_t{2}) +
                     bytes_of(static_cast<std::uint32_t>(kPage)) + bytes_of(std::uint32_t{0}) +
                     bucket_at(root) + bytes_of(std::uint64_t{0}) + bytes_of(std::uint64_t{0}) +
                     bytes_of(transaction);
  std::uint64_t sum = 14695981039346656037U;
  for (const char byte : text) sum = (sum ^ static_cast<unsigned char>(byte)) * 1099511628211U;
  return header(id, 4, 0) + text + bytes_of(sum);
}

std::string file_of(const std::vector<std::string>& pages) {
  std::string file;
  for (std::string page : pages) {
    page.resize(kPage);
    file += page;
  }
  return file;
}

// A bucket whose keys are on two pages, a bucket in line, and an older head that leads to nothing.
std::string store(std::uint64_t newest_root = 2) {
  return file_of({meta(0, newest_root, 8), meta(1, 6, 7),
                  leaf(2, {{"far", bucket_at(3), true}, inline_bucket("near", {{"x", "1"}})}),
                  branch(3, {{"a", 4}, {"m", 5}}), leaf(4, {{"a", "first"}, {"b", "second"}}),
                  leaf(5, {{"m", "third"}, {"z", ""}}), leaf(6, {})});
}

std::string value_of(std::string_view file, const std::vector<std::string_view>& path) {
  const auto bolt = Bolt::open(file);
  if (!bolt) return "no file";
  const auto found = bolt->find(path);
  if (!found) return "error";
  return *found ? std::string(**found) : "none";
}

}  // namespace

TEST_CASE("keys of Bolt are found on pages below a branch and in line", "[identity]") {
  const std::string file = store();
  CHECK(value_of(file, {"near", "x"}) == "1");
  CHECK(value_of(file, {"far", "a"}) == "first");
  CHECK(value_of(file, {"far", "b"}) == "second");
  CHECK(value_of(file, {"far", "m"}) == "third");
  CHECK(value_of(file, {"far", "z"}).empty());
  for (const char* const key : {"", "0", "c", "n", "zz"}) {
    CAPTURE(key);
    CHECK(value_of(file, {"far", key}) == "none");
  }
}

TEST_CASE("a head of Bolt that is half written is passed over for the one before", "[identity]") {
  std::string file = store();
  file[40] = 'x';
  CHECK(value_of(file, {"near", "x"}) == "none");
  file[kPage + 40] = 'x';
  CHECK(value_of(file, {"near", "x"}) == "no file");
}

TEST_CASE("a file of Bolt that is cut or broken is survived", "[identity]") {
  const std::string whole = store();
  for (std::size_t size = 0; size < whole.size(); size += 7) {
    static_cast<void>(value_of(std::string_view(whole).substr(0, size), {"far", "m"}));
  }
  for (std::size_t at = 0; at < whole.size(); ++at) {
    std::string broken = whole;
    broken[at] = static_cast<char>(broken[at] ^ 0xFF);
    static_cast<void>(value_of(broken, {"far", "m"}));
    static_cast<void>(value_of(broken, {"near", "x"}));
  }
  CHECK(value_of(std::string_view(whole).substr(0, 5 * kPage), {"far", "m"}) == "error");
  CHECK(value_of(store(77), {"far", "m"}) == "error");
}

TEST_CASE("pages of Bolt that lead to themselves come to an end", "[identity]") {
  const std::string file = file_of({meta(0, 2, 8), meta(1, 2, 7), branch(2, {{"a", 2}, {"b", 2}})});
  CHECK(value_of(file, {"far", "m"}) == "error");
}
