// Audits for tests, in a few readable lines: of busy_host() of top_sample.hpp.
#pragma once

#include <cstdint>
#include <optional>

#include "attribution/snapshot.hpp"
#include "census/census.hpp"
#include "report/audit.hpp"
#include "top_sample.hpp"

namespace kcommons::report::test {

// Nothing is cut.
attribution::Snapshot snapshot_of(const census::Census& census);

Audit audit_of(const attribution::Snapshot& snapshot, const AuditOptions& options = {});
Audit audit_of(const census::Census& census, const AuditOptions& options = {});

// The busy host with one more charge to a user of the initial namespace.
census::Census with_charge(catalogue::ResourceId resource, std::uint32_t uid, std::uint64_t used,
                           std::optional<std::uint64_t> limit);

// The busy host, where user 33 has so many inotify watches of 1000, and has come to them like this.
Audit audit_of_growing(std::uint64_t used, const attribution::Growth& growth);

}  // namespace kcommons::report::test
