#include "report/unseen.hpp"

namespace kcommons::report {

std::string_view words_for(census::Unseen reason) {
  switch (reason) {
    case census::Unseen::kVanished:
      return "processes ended while they were read";
    case census::Unseen::kDescriptorsDenied:
      return "processes whose descriptors could not be told apart, for want of permission";
    case census::Unseen::kInotifyDenied:
      return "processes whose inotify instances could not be looked for, for want of permission";
    case census::Unseen::kUserNsDenied:
      return "processes whose user namespace is not known, for want of permission";
    case census::Unseen::kInotifyUnreadable:
      return "inotify instances of which the kernel's account is missing or makes no sense";
    case census::Unseen::kInotifyBudget:
      return "inotify instances not read yet, within the time allowed";
    case census::Unseen::kHidden:
      break;
  }
  return "threads that the kernel counts and does not list";
}

}  // namespace kcommons::report
