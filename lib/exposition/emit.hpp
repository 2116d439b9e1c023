// One function per metric of the table: the samples of its family, from the newest reading of the
// pools or from a snapshot. Pure and thread-safe. What was not read has no sample; values are
// given as they are, a use above its limit too.
#pragma once

#include <vector>

#include "attribution/current_pools.hpp"
#include "attribution/snapshot.hpp"
#include "exposition/sample_sink.hpp"

namespace kcommons::exposition::emit {

using attribution::CurrentPool;
using attribution::Snapshot;

void pool_used(const std::vector<CurrentPool>& pools, SampleSink& sink);
void pool_used_peak(const std::vector<CurrentPool>& pools, SampleSink& sink);
void pool_limit(const std::vector<CurrentPool>& pools, SampleSink& sink);

void pool_used_at_census(const Snapshot& snapshot, SampleSink& sink);
void pool_neighbours(const Snapshot& snapshot, SampleSink& sink);
void container_neighbour(const Snapshot& snapshot, SampleSink& sink);
void host_neighbour(const Snapshot& snapshot, SampleSink& sink);
void container_used(const Snapshot& snapshot, SampleSink& sink);
void host_used(const Snapshot& snapshot, SampleSink& sink);
void unattributed(const Snapshot& snapshot, SampleSink& sink);
void user_used(const Snapshot& snapshot, SampleSink& sink);
void container_descriptors(const Snapshot& snapshot, SampleSink& sink);
void container_processes(const Snapshot& snapshot, SampleSink& sink);
void container_descriptor_limit_ratio(const Snapshot& snapshot, SampleSink& sink);
void container_info(const Snapshot& snapshot, SampleSink& sink);
void resource_info(const Snapshot& snapshot, SampleSink& sink);
void softnet_dropped(const Snapshot& snapshot, SampleSink& sink);
void container_receive_dropped(const Snapshot& snapshot, SampleSink& sink);
void host_receive_dropped(const Snapshot& snapshot, SampleSink& sink);
void processes(const Snapshot& snapshot, SampleSink& sink);
void processes_unseen(const Snapshot& snapshot, SampleSink& sink);
void containers(const Snapshot& snapshot, SampleSink& sink);
void containers_unnamed(const Snapshot& snapshot, SampleSink& sink);
void series_dropped(const Snapshot& snapshot, SampleSink& sink);
void value_age_seconds(const Snapshot& snapshot, SampleSink& sink);
void cgroup_namespace_private(const Snapshot& snapshot, SampleSink& sink);

}  // namespace kcommons::exposition::emit
