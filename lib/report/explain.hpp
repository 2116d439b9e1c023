// Why kcommons calls a container what it does, and books to it what it does: the answer of
// `kcommons explain`, before it is text or JSON. Pure, thread-safe. Text in it is as a runtime, a
// container or the kernel gave it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "attribution/snapshot.hpp"
#include "base/ids.hpp"
#include "census/census.hpp"
#include "cgroup/placement.hpp"
#include "identity/evidence.hpp"
#include "identity/lookup.hpp"
#include "report/table.hpp"
#include "report/top.hpp"

namespace kcommons::report {

// A process that was asked for.
struct ExplainedProcess {
  TopWho who;  // its command where it still lives
  Pid parent;
  std::string cgroup;
  cgroup::Role role = cgroup::Role::kWorkload;
  std::string userns;  // "initial", or the inode; empty where it is not known
};

struct ExplainedRow {
  TopPool pool;
  TopRow row;
};

struct Explained {
  std::optional<ExplainedProcess> process;
  attribution::Holder holder;      // whom it belongs to, or the one that was asked for
  identity::Trace trace;           // of the name of a container, in the order in which it was asked
  std::vector<ExplainedRow> rows;  // of the process where one was asked for, the most first
};

struct Explanation {
  std::string source;
  std::string source_reason;
  bool complete = false;  // as of a Top
  std::vector<std::string> warnings;
  std::vector<Explained> answers;  // several where a name is not unique; empty: there is none
};

// What to look for: a PID where there is a process of that number, else the id, the beginning of an
// id (of four characters at least), the name, NAMESPACE/POD/CONTAINER or its ends, or
// PROJECT/SERVICE of compose.
//
// `snapshot` is of this census, with nothing cut to `_other`; `told` is what was found out of its
// cgroups.
Explanation explain(const census::Census& census, const attribution::Snapshot& snapshot,
                    const std::vector<identity::Told>& told, const TopSource& source,
                    std::string_view subject);

std::string explanation_text(const Explanation& explanation, const Paper& paper);

// `lib/report/schema/explain.schema.json` is what it holds to.
std::string explanation_json(const Explanation& explanation);

}  // namespace kcommons::report
