#include "census/census.hpp"

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

}  // namespace kcommons::census
