// The one table of all metrics. From its rows come the families of an exposition and their order,
// the registration of the daemon's own counters, `kcommons list-metrics`, and the reference in the
// README. Names and labels are stable: a change is a line in the changelog. Constant data; the
// rules that every row keeps are asserted in metric_table.cpp.
#pragma once

#include <array>
#include <span>
#include <string>
#include <string_view>

#include "exposition/emit.hpp"
#include "exposition/metric.hpp"

namespace kcommons::exposition {

inline constexpr std::array kMetrics{
    // The daemon about itself.
    Metric{.name = "kcommons_build_info",
           .type = MetricType::kGauge,
           .help = "Version, source revision and compiler of this kcommons; always 1.",
           .labels = labels::kBuildInfo,
           .block = Block::kSelf,
           .merge = Merge::kLargest},
    Metric{.name = "kcommons_source_info",
           .type = MetricType::kGauge,
           .help =
               "Where the census reads from (procfs or bpf), and why not from the other; always 1.",
           .labels = labels::kSourceInfo,
           .block = Block::kSelf,
           .merge = Merge::kLargest},
    Metric{.name = "kcommons_census_total",
           .type = MetricType::kCounter,
           .help = "Passes since the start, failed ones too: kind pools is the short reading of "
                   "the pools, kind holdings the walk over all processes. Scrapes cause none.",
           .labels = labels::kKind,
           .block = Block::kSelf},
    Metric{.name = "kcommons_census_success",
           .type = MetricType::kGauge,
           .help = "1 when the last pass of its kind succeeded, 0 when it failed and the values of "
                   "an earlier one are served.",
           .labels = labels::kKind,
           .block = Block::kSelf,
           .merge = Merge::kLargest},
    Metric{.name = "kcommons_census_duration_seconds",
           .type = MetricType::kGauge,
           .help = "Elapsed time of the last pass of its kind.",
           .labels = labels::kKind,
           .block = Block::kSelf,
           .merge = Merge::kLargest},
    Metric{.name = "kcommons_census_cpu_seconds_total",
           .type = MetricType::kCounter,
           .help = "Processor time that passes of this kind have taken since the start.",
           .labels = labels::kKind,
           .block = Block::kSelf},
    Metric{.name = "kcommons_reader_cpu_seconds_total",
           .type = MetricType::kCounter,
           .help = "Processor time that each reader has taken since the start, by kind of pass: a "
                   "file below /proc by its path, bpf/WALK, or what is done with what was read. "
                   "Together nearly all of kcommons_census_cpu_seconds_total.",
           .labels = labels::kKindAndReader,
           .block = Block::kSelf},
    Metric{.name = "kcommons_snapshot_timestamp_seconds",
           .type = MetricType::kGauge,
           .help = "Unix time of the last pass of its kind that succeeded: the values served are "
                   "sampled then, not at the scrape.",
           .labels = labels::kKind,
           .block = Block::kSelf,
           .merge = Merge::kLargest},
    Metric{.name = "kcommons_census_failures_total",
           .type = MetricType::kCounter,
           .help = "Reads of kernel files that failed during passes of this kind, by reason; the "
                   "value concerned is left out, never taken as zero.",
           .labels = labels::kKindAndReason,
           .block = Block::kSelf},
    Metric{.name = "kcommons_identity_failures_total",
           .type = MetricType::kCounter,
           .help = "Reads of what container runtimes leave of their containers that failed, or "
                   "made no sense, by source; that it is not there is no failure. Names are "
                   "taken from what is left.",
           .labels = labels::kSource,
           .block = Block::kSelf},
    Metric{.name = "kcommons_identity_wait_seconds",
           .type = MetricType::kGauge,
           .help = "How long the last census was held up by looking for the names of containers; "
                   "what takes longer is looked for beside it, and is in the next.",
           .labels = labels::kNone,
           .block = Block::kSelf,
           .merge = Merge::kLargest},
    Metric{.name = "kcommons_reserve_descriptors",
           .type = MetricType::kGauge,
           .help =
               "Descriptors that were opened ahead, for when no more can be opened, and are "
               "left: for walks of the bpf source over holdings and mappings, and for connections. "
               "Falls while fs.file-max or the limit of kcommons itself is reached.",
           .labels = labels::kPurpose,
           .block = Block::kSelf},
    Metric{.name = "kcommons_incidents_total",
           .type = MetricType::kCounter,
           .help = "Incidents that have begun since the start, by resource: a pool came near its "
                   "limit (incidents.threshold). One that comes back before it is over, or was "
                   "open before the start, is not counted again.",
           .labels = labels::kResource,
           .block = Block::kSelf},
    Metric{.name = "kcommons_incidents_open",
           .type = MetricType::kGauge,
           .help = "Incidents that are not over.",
           .labels = labels::kNone,
           .block = Block::kSelf,
           .merge = Merge::kLargest},
    Metric{.name = "kcommons_config_last_reload_successful",
           .type = MetricType::kGauge,
           .help = "1 when the configuration was taken the last time it was read, at the start or "
                   "by a reload, 0 when it was refused and the one before stays in force.",
           .labels = labels::kNone,
           .block = Block::kSelf,
           .merge = Merge::kLargest},
    Metric{.name = "kcommons_config_last_reload_success_timestamp_seconds",
           .type = MetricType::kGauge,
           .help = "Unix time when a configuration was taken last, at the start or by a reload.",
           .labels = labels::kNone,
           .block = Block::kSelf,
           .merge = Merge::kLargest},
    Metric{.name = "process_cpu_seconds_total",
           .type = MetricType::kCounter,
           .help = "Total user and system CPU time spent in seconds.",
           .labels = labels::kNone,
           .block = Block::kSelf},
    Metric{.name = "process_open_fds",
           .type = MetricType::kGauge,
           .help = "Number of open file descriptors.",
           .labels = labels::kNone,
           .block = Block::kSelf},
    Metric{.name = "process_max_fds",
           .type = MetricType::kGauge,
           .help = "Maximum number of open file descriptors.",
           .labels = labels::kNone,
           .block = Block::kSelf},
    Metric{.name = "process_virtual_memory_bytes",
           .type = MetricType::kGauge,
           .help = "Virtual memory size in bytes.",
           .labels = labels::kNone,
           .block = Block::kSelf},
    Metric{.name = "process_virtual_memory_max_bytes",
           .type = MetricType::kGauge,
           .help = "Maximum amount of virtual memory available in bytes.",
           .labels = labels::kNone,
           .block = Block::kSelf},
    Metric{.name = "process_resident_memory_bytes",
           .type = MetricType::kGauge,
           .help = "Resident memory size in bytes.",
           .labels = labels::kNone,
           .block = Block::kSelf},
    Metric{.name = "process_start_time_seconds",
           .type = MetricType::kGauge,
           .help = "Start time of the process since unix epoch in seconds.",
           .labels = labels::kNone,
           .block = Block::kSelf},
    Metric{.name = "process_threads",
           .type = MetricType::kGauge,
           .help = "Number of OS threads in the process.",
           .labels = labels::kNone,
           .block = Block::kSelf},

    // Pools, as the newest reading has them.
    Metric{.name = "kcommons_pool_used",
           .type = MetricType::kGauge,
           .help =
               "Units in use of a pool that containers share, sampled at every pools pass. May "
               "exceed the limit where the kernel lets privileged processes pass it. Pools of a "
               "user are charged to the user namespace and effective UID that created the object, "
               "and to the owner of each outer namespace: sum over userns=\"initial\" alone.",
           .labels = labels::kPool,
           .block = Block::kPools,
           .emit = emit::pool_used},
    Metric{.name = "kcommons_pool_used_peak",
           .type = MetricType::kGauge,
           .help = "The most that any pools pass has found used of a pool within peak_window (2m "
                   "unless configured), so that a burst between two scrapes shows.",
           .labels = labels::kPool,
           .block = Block::kPools,
           .emit = emit::pool_used_peak},
    Metric{.name = "kcommons_pool_limit",
           .type = MetricType::kGauge,
           .help = "Units at which the kernel refuses more to a pool, sampled at every pools pass. "
                   "+Inf where it enforces no limit.",
           .labels = labels::kPool,
           .block = Block::kPools,
           .merge = Merge::kLargest,
           .emit = emit::pool_limit},

    // Holdings, as the last census has them.
    Metric{.name = "kcommons_pool_used_at_census",
           .type = MetricType::kGauge,
           .help = "Units in use of a pool as read in the same census as the holdings, which add "
                   "up to it together with kcommons_unattributed.",
           .labels = labels::kPool,
           .block = Block::kHoldings,
           .emit = emit::pool_used_at_census},
    Metric{
        .name = "kcommons_pool_neighbours",
        .type = MetricType::kGauge,
        .help =
            "Containers or host groups with a process that is charged to a pool and cannot exceed "
            "its limit, sampled at every census: those that fail together when it is full.",
        .labels = labels::kPoolAndKind,
        .block = Block::kHoldings,
        .emit = emit::pool_neighbours},
    Metric{.name = "kcommons_container_neighbour",
           .type = MetricType::kGauge,
           .help = "1 for each container that is a neighbour of a pool which is fuller than "
                   "neighbours_above, sampled at every census.",
           .labels = labels::kPoolAndContainer,
           .block = Block::kHoldings,
           .merge = Merge::kLargest,
           .emit = emit::container_neighbour},
    Metric{.name = "kcommons_host_neighbour",
           .type = MetricType::kGauge,
           .help =
               "1 for each host group (systemd unit, slice, session or cgroup) that is a neighbour "
               "of a pool which is fuller than neighbours_above, sampled at every census.",
           .labels = labels::kPoolAndUnit,
           .block = Block::kHoldings,
           .merge = Merge::kLargest,
           .emit = emit::host_neighbour},
    Metric{.name = "kcommons_container_used",
           .type = MetricType::kGauge,
           .help =
               "Units of a pool that a container holds, sampled at every census; role runtime "
               "is what a shim or monitor holds on its behalf. Charged as the pool is. "
               "open_files counts a file that several processes share once, at the oldest; "
               "an inotify or fanotify group is the container's that made it, while that lives "
               "and the source can tell. With the procfs source open_files are descriptors less "
               "those known to be shared, so that unattributed may be strongly negative.",
           .labels = labels::kPoolRoleContainer,
           .block = Block::kHoldings,
           .emit = emit::container_used},
    Metric{.name = "kcommons_host_used",
           .type = MetricType::kGauge,
           .help = "Units of a pool that a host group (systemd unit, slice, session or cgroup) "
                   "holds, sampled at every census. Counted as kcommons_container_used is; with "
                   "the procfs source open_files are descriptors less those known to be shared, so "
                   "that unattributed may be strongly negative.",
           .labels = labels::kPoolAndUnit,
           .block = Block::kHoldings,
           .emit = emit::host_used},
    Metric{.name = "kcommons_unattributed",
           .type = MetricType::kGauge,
           .help = "Units that the kernel counts in a pool at the census less all holdings, by "
                   "cause: loop_devices (their backing files), hidden_processes (not shown to the "
                   "bpf source), unexplained (the rest). Negative where holdings are estimated too "
                   "high: with the procfs source open_files may be strongly so, because inherited "
                   "and duplicated descriptors cannot all be told from files of their own.",
           .labels = labels::kPoolAndCause,
           .block = Block::kHoldings,
           .emit = emit::unattributed},
    Metric{.name = "kcommons_user_used",
           .type = MetricType::kGauge,
           .help = "Units of a host-wide pool by the effective UID of the processes that hold "
                   "them, as the initial user namespace sees it, sampled at every census. Pools of "
                   "a user have it in kcommons_pool_used.",
           .labels = labels::kUser,
           .block = Block::kHoldings,
           .emit = emit::user_used},
    Metric{.name = "kcommons_container_descriptors",
           .type = MetricType::kGauge,
           .help =
               "Open descriptors of a container's processes by type, counted at every process that "
               "has one, sampled at every census: not the files of open_files, which are counted "
               "once. Types of which there are none have no series. With the procfs source type "
               "file covers regular files and directories, and what else has a path outside /dev.",
           .labels = labels::kTypeRoleContainer,
           .block = Block::kHoldings,
           .emit = emit::container_descriptors},
    Metric{.name = "kcommons_container_processes",
           .type = MetricType::kGauge,
           .help = "Processes of a container, sampled at every census; role runtime is its shim or "
                   "monitor, where it has one of its own.",
           .labels = labels::kRoleAndContainer,
           .block = Block::kHoldings,
           .emit = emit::container_processes},
    Metric{.name = "kcommons_container_descriptor_limit_ratio",
           .type = MetricType::kGauge,
           .help = "Open descriptors over the soft RLIMIT_NOFILE of the process of a container "
                   "that is nearest to it, sampled at every census.",
           .labels = labels::kContainer,
           .block = Block::kHoldings,
           .merge = Merge::kLargest,
           .emit = emit::container_descriptor_limit_ratio},
    Metric{.name = "kcommons_container_info",
           .type = MetricType::kGauge,
           .help = "What else is known of a container: its image, project and service of compose, "
                   "the UID of its pod, the container around it, its cgroup, and as label_NAME "
                   "those of its own labels that identity.labels names; always 1.",
           .labels = labels::kContainerInfo,
           .block = Block::kHoldings,
           .merge = Merge::kLargest,
           .emit = emit::container_info,
           .copies_labels = true},
    Metric{
        .name = "kcommons_resource_info",
        .type = MetricType::kGauge,
        .help =
            "What a shared resource is: unit, scope of a pool, sysctl of the limit, what isolates "
            "it, the error a victim sees, and whether holdings are exact or an estimate; always 1.",
        .labels = labels::kResourceInfo,
        .block = Block::kHoldings,
        .merge = Merge::kLargest,
        .emit = emit::resource_info},
    Metric{.name = "kcommons_softnet_dropped_total",
           .type = MetricType::kCounter,
           .help = "Packets that a CPU has dropped because net.core.netdev_max_backlog of them "
                   "waited for it already (softnet_stat, in 64 bits), read at every census; whose "
                   "they were is in kcommons_container_receive_dropped_total and "
                   "kcommons_host_receive_dropped_total.",
           .labels = labels::kCpu,
           .block = Block::kHoldings,
           .emit = emit::softnet_dropped},
    Metric{.name = "kcommons_container_receive_dropped_total",
           .type = MetricType::kCounter,
           .help = "Packets to or from a container that the device which received them has dropped "
                   "(column drop of net/dev): a device in its network namespace, or the other end "
                   "of one on the host; read at every census. A namespace that several containers "
                   "share is booked once, to the sandbox, else to the oldest. Together with "
                   "kcommons_host_receive_dropped_total it has all that "
                   "kcommons_softnet_dropped_total counts, as far as the namespaces are seen, and "
                   "drops for other reasons, such as no taker for a protocol.",
           .labels = labels::kContainer,
           .block = Block::kHoldings,
           .emit = emit::container_receive_dropped},
    Metric{.name = "kcommons_host_receive_dropped_total",
           .type = MetricType::kCounter,
           .help = "Packets that devices of no container have dropped when they received them, by "
                   "the host group (systemd unit, slice, session or cgroup) whose the network "
                   "namespace is: of the host's own that of its oldest process, "
                   "containers on the host's network included. Counted as "
                   "kcommons_container_receive_dropped_total is.",
           .labels = labels::kUnit,
           .block = Block::kHoldings,
           .emit = emit::host_receive_dropped},
    Metric{.name = "kcommons_processes",
           .type = MetricType::kGauge,
           .help = "Processes that the last census saw; kernel threads are none of them.",
           .labels = labels::kNone,
           .block = Block::kHoldings,
           .emit = emit::processes},
    Metric{.name = "kcommons_processes_unseen",
           .type = MetricType::kGauge,
           .help = "Processes that the last census did not see whole, by reason. What could not be "
                   "read is in no holding; vanished ones ended meanwhile, which is usual.",
           .labels = labels::kReason,
           .block = Block::kHoldings,
           .emit = emit::processes_unseen},
    Metric{.name = "kcommons_containers",
           .type = MetricType::kGauge,
           .help = "Containers that the last census saw.",
           .labels = labels::kNone,
           .block = Block::kHoldings,
           .emit = emit::containers},
    Metric{.name = "kcommons_containers_unnamed",
           .type = MetricType::kGauge,
           .help = "Containers of the last census whose name nobody has told: container has the "
                   "first 12 characters of the id. Usual for one census where a container is new.",
           .labels = labels::kNone,
           .block = Block::kHoldings,
           .emit = emit::containers_unnamed},
    Metric{.name = "kcommons_series_dropped",
           .type = MetricType::kGauge,
           .help = "Containers, host groups, pools and users that the limits on series have summed "
                   "into _other at the last census.",
           .labels = labels::kNone,
           .block = Block::kHoldings,
           .emit = emit::series_dropped},
    Metric{.name = "kcommons_value_age_seconds",
           .type = MetricType::kGauge,
           .help = "Age at the last census of the oldest value that it kept from an earlier walk, "
                   "because reading it anew would make processes wait: watches of large instances "
                   "with the procfs source, files that are only mapped with the bpf source.",
           .labels = labels::kResource,
           .block = Block::kHoldings,
           .merge = Merge::kLargest,
           .emit = emit::value_age_seconds},
    Metric{.name = "kcommons_cgroup_namespace_private",
           .type = MetricType::kGauge,
           .help = "1 when kcommons runs in a cgroup namespace of its own, which hides the upper "
                   "part of every cgroup path, as the last census found it.",
           .labels = labels::kNone,
           .block = Block::kHoldings,
           .merge = Merge::kLargest,
           .emit = emit::cgroup_namespace_private},
};

// Where the row of that name stands. A name that is not in the table does not compile.
consteval std::size_t row_of(std::string_view name) {
  for (std::size_t i = 0; i < kMetrics.size(); ++i) {
    if (kMetrics[i].name == name) return i;
  }
  throw "no metric of this name";
}

// The table as a reader wants it, in markdown: name, type, labels, meaning.
std::string metrics_markdown();

}  // namespace kcommons::exposition
