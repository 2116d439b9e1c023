// The rows of each place, unsorted. Internal to lib/terminal.
#pragma once

#include <string_view>

#include "terminal/scene.hpp"

namespace kcommons::terminal {

// The column that a place is sorted by until somebody says otherwise; empty: its first number.
std::string_view usual_order(Level level);

// A row for each holder, a column for each resource; of `holder`, where there is one, its
// processes.
void add_summary(const Seen& seen, const report::TopWho* holder, Scene& scene);
void add_pools(const Seen& seen, Scene& scene);
// The holders of one pool; or those of its processes that are the holder's.
void add_holders(const Seen& seen, const PoolName& name, const report::TopWho* holder,
                 Scene& scene);
void add_instances(const report::Instances& instances, Scene& scene);
void add_watches(const report::Watches& watches, Scene& scene);

// Whether a process belongs to a holder of whatever kind. Units are matched by name, or by the id
// of the container that runs in them; a pod's by name and namespace; a user's by the user that the
// pool charges, else the one that the process runs as.
bool belongs_to(const report::TopWho& process, const report::TopWho& holder,
                std::string_view charged_uid);

}  // namespace kcommons::terminal
