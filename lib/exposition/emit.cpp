#include "exposition/emit.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "catalogue/catalogue.hpp"
#include "census/census.hpp"
#include "cgroup/placement.hpp"
#include "procfs/fd.hpp"

namespace kcommons::exposition::emit {

namespace {

using attribution::Holder;
using attribution::is_container;
using attribution::Pool;
using cgroup::Role;
using Texts = std::initializer_list<std::string_view>;

double number(std::uint64_t value) {
  return static_cast<double>(value);
}

std::string_view resource_name(catalogue::ResourceId id) {
  return catalogue::resource(id).name;
}

// The values of labels::kContainer.
std::array<std::string_view, 5> labels_of(const Holder& holder) {
  return {holder.container_id, holder.runtime, holder.container, holder.pod, holder.pod_namespace};
}

// The five container labels between what stands before and after them.
void add_container(SampleSink& sink, Texts before, const Holder& holder, Texts after,
                   double value) {
  std::array<std::string_view, 16> values;
  assert(before.size() + 5 + after.size() <= values.size());
  auto* end = std::copy(before.begin(), before.end(), values.begin());
  end = std::ranges::copy(labels_of(holder), end).out;
  end = std::copy(after.begin(), after.end(), end);
  sink.add(std::span<const std::string_view>(values.begin(), end), value);
}

// Calls `take` with each part of each container: its own processes, then what its runtime holds on
// its behalf.
template <typename Take>
void for_each_part(const Snapshot& snapshot, Take take) {
  for (const Holder& holder : snapshot.holders) {
    if (!is_container(holder)) continue;
    take(holder, Role::kWorkload, holder.workload);
    take(holder, Role::kRuntime, holder.runtime_part);
  }
}

// Calls `take` with each neighbour, of the kind given, of each pool that is full enough to have
// its neighbours named.
template <typename Take>
void for_each_named_neighbour(const Snapshot& snapshot, Holder::Kind kind, Take take) {
  for (const Pool& pool : snapshot.pools) {
    if (!pool.used_at_census) continue;
    const auto full = attribution::fullness(*pool.used_at_census, pool.limit);
    if (!full || !(*full > snapshot.neighbours_above)) continue;
    for (const std::uint32_t index : pool.neighbours) {
      const Holder& holder = snapshot.holders[index];
      if (holder.kind == kind) take(pool, holder);
    }
  }
}

}  // namespace

void pool_used(const std::vector<CurrentPool>& pools, SampleSink& sink) {
  for (const CurrentPool& pool : pools) {
    if (!pool.used) continue;
    sink.add({resource_name(pool.resource), pool.userns, pool.uid}, number(*pool.used));
  }
}

void pool_used_peak(const std::vector<CurrentPool>& pools, SampleSink& sink) {
  for (const CurrentPool& pool : pools) {
    if (!pool.peak) continue;
    sink.add({resource_name(pool.resource), pool.userns, pool.uid}, number(*pool.peak));
  }
}

void pool_limit(const std::vector<CurrentPool>& pools, SampleSink& sink) {
  for (const CurrentPool& pool : pools) {
    if (!pool.limit) continue;
    const double limit =
        pool.limit->value ? number(*pool.limit->value) : std::numeric_limits<double>::infinity();
    sink.add({resource_name(pool.resource), pool.userns, pool.uid}, limit);
  }
}

void pool_used_at_census(const Snapshot& snapshot, SampleSink& sink) {
  for (const Pool& pool : snapshot.pools) {
    if (!pool.used_at_census) continue;
    sink.add({resource_name(pool.resource), pool.userns, pool.uid}, number(*pool.used_at_census));
  }
}

void pool_neighbours(const Snapshot& snapshot, SampleSink& sink) {
  for (const Pool& pool : snapshot.pools) {
    const std::string_view resource = resource_name(pool.resource);
    sink.add({resource, pool.userns, pool.uid, "container"}, number(pool.container_neighbours));
    sink.add({resource, pool.userns, pool.uid, "host"}, number(pool.host_neighbours));
  }
}

void container_neighbour(const Snapshot& snapshot, SampleSink& sink) {
  for_each_named_neighbour(
      snapshot, Holder::Kind::kContainer, [&](const Pool& pool, const Holder& holder) {
        add_container(sink, {resource_name(pool.resource), pool.userns, pool.uid}, holder, {}, 1);
      });
}

void host_neighbour(const Snapshot& snapshot, SampleSink& sink) {
  for_each_named_neighbour(
      snapshot, Holder::Kind::kHost, [&](const Pool& pool, const Holder& holder) {
        sink.add({resource_name(pool.resource), pool.userns, pool.uid, holder.unit}, 1);
      });
}

void container_used(const Snapshot& snapshot, SampleSink& sink) {
  for (const Pool& pool : snapshot.pools) {
    for (const attribution::Holding& holding : pool.holdings) {
      const Holder& holder = snapshot.holders[holding.holder];
      if (!is_container(holder)) continue;
      add_container(
          sink,
          {resource_name(pool.resource), pool.userns, pool.uid, cgroup::name_of(holding.role)},
          holder, {}, number(holding.used));
    }
  }
}

void host_used(const Snapshot& snapshot, SampleSink& sink) {
  for (const Pool& pool : snapshot.pools) {
    for (const attribution::Holding& holding : pool.holdings) {
      const Holder& holder = snapshot.holders[holding.holder];
      if (is_container(holder)) continue;
      sink.add({resource_name(pool.resource), pool.userns, pool.uid, holder.unit},
               number(holding.used));
    }
  }
}

void unattributed(const Snapshot& snapshot, SampleSink& sink) {
  for (const Pool& pool : snapshot.pools) {
    for (const attribution::Unattributed& part : pool.unattributed) {
      sink.add({resource_name(pool.resource), pool.userns, pool.uid, part.cause},
               static_cast<double>(part.amount));
    }
  }
}

void user_used(const Snapshot& snapshot, SampleSink& sink) {
  for (const attribution::UserUse& use : snapshot.users) {
    sink.add({resource_name(use.resource), use.uid, use.user}, number(use.used));
  }
}

// Types of which there are none have no series: a type a container is not using would cost one
// series each for every container.
void container_descriptors(const Snapshot& snapshot, SampleSink& sink) {
  for_each_part(snapshot, [&](const Holder& holder, Role role, const Holder::Part& part) {
    if (!part.by_type) return;
    for (std::size_t i = 0; i < part.by_type->size(); ++i) {
      if ((*part.by_type)[i] == 0) continue;
      const std::string_view type = procfs::name_of(static_cast<census::DescriptorType>(i));
      add_container(sink, {type, cgroup::name_of(role)}, holder, {}, number((*part.by_type)[i]));
    }
  });
}

// Few containers have a runtime process of their own (a pod's shim is booked to its sandbox), so
// that role has a series only where there is one.
void container_processes(const Snapshot& snapshot, SampleSink& sink) {
  for_each_part(snapshot, [&](const Holder& holder, Role role, const Holder::Part& part) {
    if (role == Role::kRuntime && part.processes == 0) return;
    add_container(sink, {cgroup::name_of(role)}, holder, {}, number(part.processes));
  });
}

void container_descriptor_limit_ratio(const Snapshot& snapshot, SampleSink& sink) {
  for (const Holder& holder : snapshot.holders) {
    if (!is_container(holder) || !holder.descriptor_limit_ratio) continue;
    add_container(sink, {}, holder, {}, *holder.descriptor_limit_ratio);
  }
}

void container_info(const Snapshot& snapshot, SampleSink& sink) {
  for (const Holder& holder : snapshot.holders) {
    if (!is_container(holder)) continue;
    const auto container = labels_of(holder);
    std::vector<std::string_view> values(container.begin(), container.end());
    values.insert(values.end(), {holder.image, holder.compose_project, holder.compose_service,
                                 holder.pod_uid, holder.parent_id, holder.cgroup});
    for (const std::string& label : snapshot.copied_labels) {
      const auto at = holder.labels.find(label);
      values.push_back(at == holder.labels.end() ? std::string_view() : at->second);
    }
    sink.add(values, 1);
  }
}

void resource_info(const Snapshot& snapshot, SampleSink& sink) {
  for (const catalogue::Resource& row : catalogue::kResources) {
    const catalogue::Accuracy accuracy = snapshot.exact ? row.bpf : row.procfs;
    sink.add({row.name, row.unit, catalogue::name_of(row.scope), row.sysctl, row.isolated_by,
              row.error, catalogue::name_of(accuracy)},
             1);
  }
}

void softnet_dropped(const Snapshot& snapshot, SampleSink& sink) {
  for (const census::CpuDrops& drops : snapshot.cpu_drops) {
    sink.add({std::to_string(drops.cpu)}, number(drops.packets));
  }
}

void container_receive_dropped(const Snapshot& snapshot, SampleSink& sink) {
  for (const Holder& holder : snapshot.holders) {
    if (!is_container(holder) || !holder.receive_dropped) continue;
    add_container(sink, {}, holder, {}, number(*holder.receive_dropped));
  }
}

void host_receive_dropped(const Snapshot& snapshot, SampleSink& sink) {
  for (const Holder& holder : snapshot.holders) {
    if (is_container(holder) || !holder.receive_dropped) continue;
    sink.add({holder.unit}, number(*holder.receive_dropped));
  }
}

void processes(const Snapshot& snapshot, SampleSink& sink) {
  sink.add({}, number(snapshot.processes));
}

void processes_unseen(const Snapshot& snapshot, SampleSink& sink) {
  for (std::size_t i = 0; i < snapshot.unseen.size(); ++i) {
    sink.add({census::name_of(static_cast<census::Unseen>(i))}, number(snapshot.unseen[i]));
  }
}

void containers(const Snapshot& snapshot, SampleSink& sink) {
  sink.add({}, number(snapshot.containers));
}

void containers_unnamed(const Snapshot& snapshot, SampleSink& sink) {
  sink.add({}, number(snapshot.containers_unnamed));
}

void series_dropped(const Snapshot& snapshot, SampleSink& sink) {
  sink.add({}, number(snapshot.series_dropped));
}

void value_age_seconds(const Snapshot& snapshot, SampleSink& sink) {
  for (const attribution::ValueAge& age : snapshot.ages) {
    const std::chrono::duration<double> seconds = age.oldest;
    sink.add({resource_name(age.resource)}, seconds.count());
  }
}

void cgroup_namespace_private(const Snapshot& snapshot, SampleSink& sink) {
  sink.add({}, snapshot.cgroup_namespace_private ? 1 : 0);
}

}  // namespace kcommons::exposition::emit
