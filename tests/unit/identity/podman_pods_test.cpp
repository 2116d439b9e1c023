// The state of podman before 5. The databases here are made by hand, page by page; real ones are
// read where podman runs, in tests/runtimes.
#include "identity/podman_pods.hpp"

#include <catch2/catch.hpp>
#include <cstdint>
#include <utility>
#include <vector>

#include "identity/lists.hpp"
#include "tree.hpp"

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

// Their keys are not looked at, and left out.
std::string branch(std::uint64_t id, const std::vector<std::uint64_t>& pages) {
  std::string page = header(id, 1, pages.size());
  for (const std::uint64_t below : pages) page += bytes_of(std::uint64_t{0}) + bytes_of(below);
  return page;
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

Item pod(const std::string& name, const std::string& infra, const std::vector<Item>& members) {
  return inline_bucket("id of " + name, {{"config", R"({"id": "x", "name": ")" + name + R"("})"},
                                         inline_bucket("containers", members),
                                         {"state", R"({"cgroupPath": "/p", "InfraContainerID": ")" +
                                                       infra + R"("})"}});
}

// Two pods, each in a page of its own; the older meta page leads to nothing.
std::string state(std::uint64_t newest_root = 2) {
  return file_of({meta(0, newest_root, 8), meta(1, 6, 7),
                  leaf(2, {inline_bucket("ctr", {}), {"pod", bucket_at(3), true}}),
                  branch(3, {4, 5}),
                  leaf(4, {pod("front", "aa", {{"aa", "x-infra"}, {"bb", "web"}})}),
                  leaf(5, {pod("bare", "", {{"cc", "job"}})}), leaf(6, {})});
}

}  // namespace

TEST_CASE("podman's state tells a container's pod and which is its sandbox", "[identity]") {
  const auto pods = parse_podman_pods(state());
  REQUIRE(pods);
  REQUIRE(pods->size() == 3);
  CHECK(pods->at("aa").pod == "front");
  CHECK(pods->at("aa").sandbox == true);
  CHECK(pods->at("bb").pod == "front");
  CHECK(pods->at("bb").sandbox == false);
  CHECK(pods->at("cc").pod == "bare");
  CHECK(pods->at("cc").sandbox == false);
}

TEST_CASE("a head that is half written is passed over for the one before", "[identity]") {
  std::string file = state();
  file[40] = 'x';
  const auto before = parse_podman_pods(file);
  REQUIRE(before);
  CHECK(before->empty());
  file[kPage + 40] = 'x';
  CHECK_FALSE(parse_podman_pods(file));
}

TEST_CASE("a state of podman that is cut or broken is survived", "[identity]") {
  const std::string whole = state();
  for (std::size_t size = 0; size < whole.size(); size += 7) {
    (void)parse_podman_pods(std::string_view(whole).substr(0, size));
  }
  for (std::size_t at = 0; at < whole.size(); ++at) {
    std::string broken = whole;
    broken[at] = static_cast<char>(broken[at] ^ 0xFF);
    (void)parse_podman_pods(broken);
  }
  CHECK_FALSE(parse_podman_pods(""));
  CHECK_FALSE(parse_podman_pods("{}"));
  CHECK_FALSE(parse_podman_pods(std::string_view(whole).substr(0, 5 * kPage)));
  CHECK_FALSE(parse_podman_pods(state(77)));
}

TEST_CASE("pages that lead to themselves come to an end", "[identity]") {
  const std::vector<std::uint64_t> itself(200, 2);
  CHECK_FALSE(parse_podman_pods(file_of({meta(0, 2, 8), meta(1, 2, 7), branch(2, itself)})));
}

TEST_CASE("a container of podman is found in the state beside its store", "[identity]") {
  const test::Tree tree;
  tree.file("var/lib/containers/storage/libpod/bolt_state.db", state());
  FailureCounts failures;
  Lists lists(tree.root(), test::usual_roots(), failures);
  const Lists::Found found = lists.podman_pod("bb", std::nullopt);
  REQUIRE(found != nullptr);
  CHECK(found->where == "/var/lib/containers/storage/libpod/bolt_state.db");
  CHECK(found->facts.pod == "front");
  CHECK(lists.podman_pod("dd", std::nullopt) == nullptr);
  CHECK(failures.of(Source::kPodman) == 0);
}
