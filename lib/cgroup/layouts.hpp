// Where container runtimes put their cgroups: a table of rows {pattern, runtime, role}, and the one
// matcher that uses it. README.md beside this file has the language of the patterns and the rules
// of precedence. A process belongs to the innermost container of its path, else to the host's unit.
//
//   Layouts layouts = Layouts::built_in();
//   if (auto added = layouts.add("/garden/{id}", "oci"); !added) return fail(added.error());
//   Placement placement = resolve("0::/system.slice/docker-<64 hex digits>.scope\n", layouts);
//
// Pure; a Layouts that nobody changes may be read by any number of threads.
#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "cgroup/path.hpp"
#include "cgroup/pattern.hpp"
#include "cgroup/placement.hpp"

namespace kcommons::cgroup {

// A row as it is written. The runtime "none" says: a cgroup like this is no container.
struct LayoutRow {
  std::string_view pattern;
  std::string_view runtime;
  std::string_view role = "workload";
};

// A component that is a container's.
struct LayoutMatch {
  Container container;  // without pod and class, which stand above the component
  Role role = Role::kWorkload;
  bool bare = false;  // told by the form of the id alone, not by a runtime's own layout
};

class Layouts final {
 public:
  static Layouts built_in();
  static std::span<const LayoutRow> built_in_rows();

  // A row of the user's. Such rows come before the built-in ones, in the order they are added.
  Result<void> add(std::string_view pattern, std::string_view runtime,
                   std::string_view role = "workload");

  // What the last of `components` is: the first row that matches there decides.
  [[nodiscard]] std::optional<LayoutMatch> match(Components components) const;

 private:
  struct Row {
    Pattern pattern;
    std::optional<Runtime> runtime;  // empty: no container
    Role role;
    bool bare;
  };
  static Result<Row> parse_row(const LayoutRow& row);

  std::vector<Row> added_;
  std::vector<Row> built_in_;
};

// The text of /proc/PID/cgroup (cgroups(7)). Never fails: lines that are none are passed over, and
// a text without any is a process in the root cgroup.
Placement resolve(std::string_view cgroup_text, const Layouts& layouts);

// One path, as it stands behind the second ':' of a line.
Placement resolve_path(std::string_view path, const Layouts& layouts);

}  // namespace kcommons::cgroup
