// What the list of pools, the findings and the page of one pool have in common: who holds it, who
// fails with it, how, and what helps. Pure, thread-safe.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "attribution/snapshot.hpp"
#include "attribution/use_history.hpp"
#include "page/model.hpp"
#include "report/audit.hpp"

namespace kcommons::page {

// One pool with all that is known of it. Refers to the model, which must outlive it.
struct PoolFacts {
  const attribution::Snapshot* snapshot = nullptr;
  const attribution::Pool* pool = nullptr;
  const report::AuditPool* row = nullptr;
  const report::Finding* finding = nullptr;  // null where it is not near its limit
  std::optional<attribution::PoolUse> use;   // lately
};

// Of Audit::pools, the one with that index.
PoolFacts pool_facts(const Model& model, std::size_t index);

// "7,028 of 7,029", "3,821, no limit", "unknown of 128".
std::string amount_html(const report::PoolRow& row);

// Who holds most: "5,967, 84.9% of what is used".
std::string held_html(const report::AuditPool& row);

// A table of the holders from `first` on, at most `most`; nothing where nobody is known to hold it.
std::string holders_html(const PoolFacts& facts, std::size_t first, std::size_t most);

// The neighbours but the top holder, by name and linked: containers first, at most `most`, then how
// many more there are, as a link to the page of the pool.
std::string neighbours_html(const PoolFacts& facts, std::size_t most);

// The error and what people see; the advice as a list, with commands to be copied.
std::string error_html(catalogue::ResourceId resource);
std::string remedy_html(const PoolFacts& facts);

}  // namespace kcommons::page
