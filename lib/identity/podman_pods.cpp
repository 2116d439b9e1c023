#include "identity/podman_pods.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

#include "identity/bolt.hpp"
#include "identity/json.hpp"

namespace kcommons::identity {

namespace {

using Items = std::vector<BoltBucket::Item>;
using Containers = std::map<std::string, Facts>;

// Pages and items of the whole file that are looked at: some ten thousand pods.
constexpr std::size_t kBudget = 200'000;

const BoltBucket::Item* find_item(const Items& items, std::string_view key) {
  const auto at = std::ranges::find(items, key, &BoltBucket::Item::key);
  return at == items.end() ? nullptr : &*at;
}

// Text in the JSON that is kept under the key; empty where there is none.
std::string text_in(const Items& items, std::string_view key, const char* field) {
  const BoltBucket::Item* const item = find_item(items, key);
  if (item == nullptr || item->is_bucket) return {};
  const auto json = parse_json(item->value, "parse a pod of podman");
  return json ? text_at(*json, {field}) : std::string();
}

// The items of a bucket, and itself, which they are read from when they are buckets.
struct Opened {
  BoltBucket bucket;
  Items items;
};

Result<Opened> opened(const Result<BoltBucket>& bucket, std::size_t& budget) {
  if (!bucket) return fail(bucket.error());
  auto items = bucket->items(budget);
  if (!items) return fail(items.error());
  return Opened{.bucket = *bucket, .items = std::move(*items)};
}

// A pod is a bucket with config, state, and a bucket of its containers by their ids.
Result<void> take_pod(const Opened& pod, std::size_t& budget, Containers& found) {
  const std::string name = text_in(pod.items, "config", "name");
  const std::string infra = text_in(pod.items, "state", "InfraContainerID");
  const BoltBucket::Item* const containers = find_item(pod.items, "containers");
  if (containers == nullptr) return {};
  const auto members = opened(pod.bucket.within(*containers), budget);
  if (!members) return fail(members.error());
  for (const BoltBucket::Item& member : members->items) {
    Facts facts;
    facts.id = safe_text(member.key);
    facts.pod = name;
    facts.sandbox = facts.id == infra;
    found.emplace(facts.id, facts);
  }
  return {};
}

}  // namespace

Result<Containers> parse_podman_pods(std::string_view file) {
  std::size_t budget = kBudget;
  Containers found;
  const auto root = opened(BoltBucket::open(file), budget);
  if (!root) return fail(root.error());
  const BoltBucket::Item* const at = find_item(root->items, "pod");
  if (at == nullptr) return found;
  const auto pods = opened(root->bucket.within(*at), budget);
  if (!pods) return fail(pods.error());
  for (const BoltBucket::Item& item : pods->items) {
    if (!item.is_bucket) continue;
    const auto pod = opened(pods->bucket.within(item), budget);
    if (!pod) return fail(pod.error());
    const auto taken = take_pod(*pod, budget, found);
    if (!taken) return fail(taken.error());
  }
  return found;
}

}  // namespace kcommons::identity
