#include "subtraction/limit_names.hpp"

#include <algorithm>
#include <array>

namespace kcommons::subtraction {

namespace {

constexpr std::string_view kWordEnds = "_-.";

// What follows the last of `separators`, or all of it.
std::string_view last_part(std::string_view text, std::string_view separators) {
  const std::size_t at = text.find_last_of(separators);
  return at == std::string_view::npos ? text : text.substr(at + 1);
}

bool is_a_time(std::string_view name) {
  constexpr std::array<std::string_view, 6> kTimes{"timeout", "interval", "ms",
                                                   "us",      "sec",      "secs"};
  while (!name.empty()) {
    const std::size_t end = std::min(name.find_first_of(kWordEnds), name.size());
    if (std::ranges::find(kTimes, name.substr(0, end)) != kTimes.end()) return true;
    name.remove_prefix(std::min(end + 1, name.size()));
  }
  return false;
}

struct Reason {
  std::string_view sysctl;
  std::string_view why;
};

constexpr std::string_view kNoResource = "says when the kernel complains or stops, bounds no use";
constexpr std::string_view kSocket = "bounds each socket by itself";
constexpr std::string_view kProcess = "bounds each process by itself";

// KERNEL.md's "not contended", with what Linux 6.18 has beyond it.
constexpr std::array kReasons{
    Reason{"fs.fuse.max_pages_limit", "bounds each request by itself"},
    Reason{"fs.inotify.max_queued_events", "bounds the queue of each instance by itself"},
    Reason{"fs.fanotify.max_queued_events", "bounds the queue of each group by itself"},
    Reason{"fs.mount-max", "bounds each mount namespace by itself"},
    Reason{"fs.nr_open", kProcess},
    Reason{"fs.pipe-max-size", "bounds each pipe by itself"},
    Reason{"fs.pipe-user-pages-hard", "belongs to pipe_pages"},
    Reason{"kernel.core_file_note_size_limit", "bounds each core dump by itself"},
    Reason{"kernel.keys.maxbytes", "belongs to key_bytes"},
    Reason{"kernel.keys.root_maxbytes", "belongs to key_bytes, for root"},
    Reason{"kernel.keys.root_maxkeys", "belongs to keys, for root"},
    Reason{"kernel.max_lock_depth", "bounds each chain of locks by itself"},
    Reason{"kernel.max_rcu_stall_to_panic", kNoResource},
    Reason{"kernel.ngroups_max", kProcess},
    Reason{"kernel.numa_balancing_promote_rate_limit_MBps",
           "paces the kernel's own moving of pages"},
    Reason{"kernel.oops_limit", kNoResource},
    Reason{"kernel.perf_cpu_time_max_percent", "paces sampling, loses none of it for others"},
    Reason{"kernel.perf_event_max_contexts_per_stack", "bounds each sample by itself"},
    Reason{"kernel.perf_event_max_sample_rate", "bounds each event by itself"},
    Reason{"kernel.perf_event_max_stack", "bounds each sample by itself"},
    Reason{"kernel.perf_event_mlock_kb", "belongs to pinned_memory_bytes, for perf"},
    Reason{"kernel.random.write_wakeup_threshold", kNoResource},
    Reason{"kernel.warn_limit", kNoResource},
    Reason{"kernel.watchdog_thresh", kNoResource},
    Reason{"net.core.flow_limit_cpu_bitmap", "says where flows share the backlog fairly"},
    Reason{"net.core.flow_limit_table_len", "says how finely flows are told apart"},
    Reason{"net.core.max_skb_frags", "bounds each packet by itself"},
    Reason{"net.core.optmem_max", kSocket},
    Reason{"net.core.rmem_max", kSocket},
    Reason{"net.core.wmem_max", kSocket},
    Reason{"net.core.skb_defer_max", "bounds how long freed packets wait; none is lost by it"},
    Reason{"net.ipv4.fib_sync_mem", "paces the freeing of routes"},
    Reason{"net.ipv4.inet_peer_maxttl", "says how long a cache keeps an entry"},
    Reason{"net.ipv4.inet_peer_threshold", "the size from which a cache is cut; nothing fails"},
    Reason{"net.ipv4.neigh.default.gc_thresh1", "belongs to neighbours_ipv4; nothing fails at it"},
    Reason{"net.ipv4.neigh.default.gc_thresh2", "belongs to neighbours_ipv4; nothing fails at it"},
    Reason{"net.ipv6.neigh.default.gc_thresh1", "belongs to neighbours_ipv6; nothing fails at it"},
    Reason{"net.ipv6.neigh.default.gc_thresh2", "belongs to neighbours_ipv6; nothing fails at it"},
    Reason{"net.ipv4.route.gc_thresh", "without effect since Linux 3.6"},
    Reason{"net.ipv4.route.max_size", "without effect since Linux 3.6"},
    Reason{"net.ipv6.mld_max_msf", kSocket},
    Reason{"net.netfilter.nf_conntrack_expect_max", "compared with each network namespace's count"},
    Reason{"net.nf_conntrack_max", "the old name of net.netfilter.nf_conntrack_max"},
    Reason{"vm.extfrag_threshold", kNoResource},
    Reason{"vm.max_map_count", kProcess},
};

}  // namespace

bool names_a_limit(std::string_view sysctl) {
  constexpr std::array<std::string_view, 4> kInside{"max", "limit", "thresh", "backlog"};
  constexpr std::array<std::string_view, 6> kWhole{"nr_open", "shmall", "shmmni",
                                                   "msgmnb",  "msgmni", "sem"};
  const std::string_view name = last_part(sysctl, ".");
  if (is_a_time(name)) return false;
  if (std::ranges::find(kWhole, name) != kWhole.end()) return true;
  const auto is_inside = [name](std::string_view word) {
    return name.find(word) != std::string_view::npos;
  };
  if (std::ranges::any_of(kInside, is_inside)) return true;
  if (name.ends_with("_mem") || name.ends_with("_mlock_kb")) return true;
  const std::string_view word = last_part(name, kWordEnds);
  return word != name && (word == "soft" || word == "hard");
}

std::string_view why_no_row(std::string_view sysctl) {
  const auto* const found = std::ranges::find(kReasons, sysctl, &Reason::sysctl);
  return found == kReasons.end() ? std::string_view{} : found->why;
}

bool may_be_changed(std::string_view sysctl) {
  return !sysctl.starts_with("net.netfilter.") && !sysctl.starts_with("net.nf_");
}

}  // namespace kcommons::subtraction
