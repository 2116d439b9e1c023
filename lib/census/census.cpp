#include "census/census.hpp"

#include <numeric>

namespace kcommons::census {

std::string_view name_of(Unseen reason) {
  switch (reason) {
    case Unseen::kVanished:
      return "vanished";
    case Unseen::kDescriptorsDenied:
      return "descriptors_denied";
    case Unseen::kInotifyDenied:
      return "inotify_denied";
    case Unseen::kUserNsDenied:
      return "user_namespace_denied";
    case Unseen::kInotifyUnreadable:
      return "inotify_unreadable";
    case Unseen::kInotifyBudget:
      return "inotify_budget";
    case Unseen::kHidden:
      break;
  }
  return "hidden";
}

void Failures::count(const Error& error) {
  ++by_kind[static_cast<std::size_t>(error.kind())];
  if (first.empty()) first = error.message();
}

std::uint64_t Failures::total() const {
  return std::accumulate(by_kind.begin(), by_kind.end(), std::uint64_t{0});
}

ContainerKey key_of(const cgroup::Container& container) {
  return {.runtime = container.runtime, .id = container.id, .space = container.space};
}

}  // namespace kcommons::census
