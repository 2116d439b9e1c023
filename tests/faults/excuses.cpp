#include "excuses.hpp"

#include <algorithm>
#include <initializer_list>

namespace kcommons::test {

namespace {

bool is_one_of(Fault fault, std::initializer_list<Fault> faults) {
  return std::ranges::find(faults, fault) != faults.end();
}
bool is_gone(Fault fault) {
  return is_one_of(fault, {Fault::kNoEntry, Fault::kNoProcess});
}
bool is_denied(Fault fault) {
  return is_one_of(fault, {Fault::kAccess, Fault::kNotPermitted});
}
bool has(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

constexpr const char* kEndsEarly =
    "a listing that ends too early is not to be told from one that ends: no kernel does it";
bool ends_early(std::string_view kind, Fault fault) {
  return kind.starts_with("list ") && is_one_of(fault, {Fault::kEmpty, Fault::kCut});
}

constexpr const char* kNotBound = "a loop device that has no file behind it is not bound";

constexpr const char* kOwnText =
    "a command line is its process's own to write: what names no container is none of a shim";

constexpr const char* kOfKernel =
    "the kernel says how many records it had no room for: none is lost without a word, and one of "
    "the right size is what the program wrote";
bool is_record_of_kernel(std::string_view kind, Fault fault) {
  return kind.starts_with("record ") && is_one_of(fault, {Fault::kEmpty, Fault::kGarbage});
}

const char* excuse_for_uncounted(std::string_view kind, Fault fault, std::string_view series) {
  if (is_record_of_kernel(kind, fault)) return kOfKernel;
  if (is_gone(fault)) {
    return "what is gone is no failure: a process that ends while it is read, a module that is "
           "unloaded, a device or a runtime that is removed";
  }
  if (ends_early(kind, fault)) return kEndsEarly;
  if (kind == "readlink N/fd/N" || kind == "readlink N/task/N/fd/N") {
    return "any text is the name of some file: the descriptor is counted as one of another type";
  }
  if (kind == "read key-users" && fault == Fault::kEmpty) {
    return "no lines are no users that the reader has a number for: a user namespace has none";
  }
  if (kind == "read N/limits" && fault == Fault::kEmpty) {
    return "limits are empty of a process that is ending (proc_pid_limits of fs/proc/base.c)";
  }
  if (fault == Fault::kSlow && series.starts_with("kcommons_value_age_seconds")) {
    return "what was read long ago says so by its age";
  }
  if (kind == "read N/cmdline") return kOwnText;
  if (kind == "readlink N/ns/net" && is_denied(fault)) {
    return "who may not see the network namespace of a process may not see its user namespace: "
           "that is counted";
  }
  if (has(kind, " /etc")) {
    return "of users only the name is missing, as of those whom passwd does not have";
  }
  return nullptr;
}

const char* excuse_for_wrong(std::string_view kind, Fault fault, std::string_view series) {
  if (is_record_of_kernel(kind, fault)) return kOfKernel;
  if (ends_early(kind, fault)) return kEndsEarly;
  if (has(series, R"(uid="33")")) {
    return "what two processes share is booked at the next one, with its UID, where the older one "
           "was not seen";
  }
  if (has(series, "_receive_dropped_total{")) {
    return "a network namespace whose oldest process was not seen passes to the next one";
  }
  if (series.starts_with("kcommons_pool_neighbours{")) {
    return "a process of which it is not known that it may pass a limit is a neighbour";
  }
  const bool is_link = kind == "readlink N/fd/N" || kind == "readlink N/task/N/fd/N";
  if (is_link && has(series, "_descriptors{type=")) {
    return "any text is the name of some file: the descriptor is counted as one of another type";
  }
  if (kind.starts_with("stat sysfs: ") && is_gone(fault)) return kNotBound;
  return nullptr;
}

const char* excuse_for_lasting(std::string_view kind, Fault fault, std::string_view series) {
  if (ends_early(kind, fault)) return kEndsEarly;
  if (kind.starts_with("stat sysfs: ") && is_gone(fault)) return kNotBound;
  if (kind == "read N/cmdline") return kOwnText;
  if (kind.starts_with("stat sysfs: ") && is_gone(fault)) return kNotBound;
  if (has(series, "_receive_dropped_total{")) {
    return "the counter of a holder that was not seen begins anew";
  }
  if (is_gone(fault) || is_denied(fault)) {
    return "what is not there, or may not be seen, is not asked again of a container that has a "
           "name, and of a cgroup that has none";
  }
  return nullptr;
}

}  // namespace

const char* excuse_for(Trouble trouble, std::string_view kind, Fault fault,
                       std::string_view series) {
  switch (trouble) {
    case Trouble::kUncounted:
      return excuse_for_uncounted(kind, fault, series);
    case Trouble::kWrong:
      return excuse_for_wrong(kind, fault, series);
    case Trouble::kLasting:
      break;
  }
  return excuse_for_lasting(kind, fault, series);
}

}  // namespace kcommons::test
