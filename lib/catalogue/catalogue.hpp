// The table of kernel resources that containers on one host share: one row each, and everything
// that is said about a resource anywhere (metrics, README, page) is said here. Constant data.
//
// Sources: proc_sys_fs(5), inotify(7), fanotify(7), include/linux/user_namespace.h (enum
// ucount_type), fs/file_table.c (alloc_empty_file).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace kcommons::catalogue {

enum class ResourceId : std::uint8_t {
  kOpenFiles,
  kInotifyInstances,
  kInotifyWatches,
  kFanotifyGroups,
  kFanotifyMarks,
};
inline constexpr std::size_t kResourceCount = 5;

enum class Scope : std::uint8_t {
  kHost,  // one pool for the machine
  kUser,  // one pool per user namespace and UID; a charge goes to every level up to the initial
};

struct Resource {
  ResourceId id;
  std::string_view name;  // value of the label `resource`
  std::string_view unit;  // what one unit of it is
  Scope scope;
  std::string_view sysctl;       // the limit, as sysctl(8) names it
  std::string_view isolated_by;  // what gives a container a pool of its own
  std::string_view error;        // what a victim sees
};

inline constexpr std::array<Resource, kResourceCount> kResources{{
    {.id = ResourceId::kOpenFiles,
     .name = "open_files",
     .unit = "open files",
     .scope = Scope::kHost,
     .sysctl = "fs.file-max",
     .isolated_by = "nothing",
     .error = "ENFILE"},
    {.id = ResourceId::kInotifyInstances,
     .name = "inotify_instances",
     .unit = "inotify instances",
     .scope = Scope::kUser,
     .sysctl = "fs.inotify.max_user_instances",
     .isolated_by = "another UID; a user namespace only if another UID owns it",
     .error = "EMFILE"},
    {.id = ResourceId::kInotifyWatches,
     .name = "inotify_watches",
     .unit = "inotify watches",
     .scope = Scope::kUser,
     .sysctl = "fs.inotify.max_user_watches",
     .isolated_by = "another UID; a user namespace only if another UID owns it",
     .error = "ENOSPC"},
    {.id = ResourceId::kFanotifyGroups,
     .name = "fanotify_groups",
     .unit = "fanotify groups",
     .scope = Scope::kUser,
     .sysctl = "fs.fanotify.max_user_groups",
     .isolated_by = "another UID; a user namespace only if another UID owns it",
     .error = "EMFILE"},
    {.id = ResourceId::kFanotifyMarks,
     .name = "fanotify_marks",
     .unit = "fanotify marks",
     .scope = Scope::kUser,
     .sysctl = "fs.fanotify.max_user_marks",
     .isolated_by = "another UID; a user namespace only if another UID owns it",
     .error = "ENOSPC"},
}};

constexpr const Resource& resource(ResourceId id) {
  return kResources[static_cast<std::size_t>(id)];
}

std::string_view name_of(Scope scope);

// A limit that was read. Empty means that the kernel enforces none (file-max of LONG_MAX), which
// is not the same as a limit that could not be read: that is an empty optional<Limit>.
struct Limit {
  std::optional<std::uint64_t> value;
  bool operator==(const Limit&) const = default;
};

}  // namespace kcommons::catalogue
