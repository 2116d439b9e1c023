// One connection in the table of the network namespace that the caller is in, made by request and
// not by traffic (ctnetlink). Thread-safe.
#pragma once

namespace kcommons::subtraction {

// A UDP flow between two addresses of the block for documentation, which is forgotten after a
// minute. 0 or an errno.
int add_conntrack_entry();

}  // namespace kcommons::subtraction
