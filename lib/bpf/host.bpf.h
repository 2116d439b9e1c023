/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * What the kernel keeps once for the machine, by way of the first of all tasks, whose namespaces are
 * the initial ones: the PIDs in use, and the two tables of neighbours. A table is found at the device
 * that every network namespace has; its entries of all namespaces are in one list.
 */
#ifndef KCOMMONS_BPF_HOST_H
#define KCOMMONS_BPF_HOST_H

#define MAX_ANCESTORS 100000
#define MAX_NEIGHBOURS (1U << 20)

/* What is called looks here: the verifier takes no pointer that was loaded for an argument. */
struct {
  __u64 task;
  __u64 first; /* of all tasks */
  __u64 table;
} host;

struct climb {
  __u64 at;
};

static long climb(__u32 index, struct climb *scan) {
  struct task_struct *task = (void *)scan->at;
  if (!task || BPF_CORE_READ(task, pid) == 0) return 1;
  scan->at = (__u64)BPF_CORE_READ(task, real_parent);
  return 0;
}

/* From host.task up to host.first. */
__noinline int find_first_task(void) {
  struct climb scan = {.at = host.task};
  bpf_loop(MAX_ANCESTORS, climb, &scan, 0);
  host.first = scan.at;
  return 0;
}

static __always_inline __u64 table_of_neighbours(int ipv6) {
  struct task_struct *first = (void *)host.first;
  struct net_device *device = BPF_CORE_READ(first, nsproxy, net_ns, loopback_dev);
  if (!ipv6) return (__u64)BPF_CORE_READ(device, ip_ptr, arp_parms, tbl);
  if (!bpf_core_type_exists(struct inet6_dev)) return 0;
  return (__u64)BPF_CORE_READ(device, ip6_ptr, nd_parms, tbl);
}

static __always_inline __u32 count_neighbours(int ipv6) {
  struct neigh_table *table = (void *)table_of_neighbours(ipv6);
  return table ? BPF_CORE_READ(table, gc_entries.counter) : ~0U;
}

__noinline int put_host(__u32 kernel_threads) {
  struct task_struct *first = (void *)host.first;
  struct kc_host record = {.kind = KC_RECORD_HOST, .kernel_threads = kernel_threads};
  if (!first) return 0;
  record.pids =
      BPF_CORE_READ(first, thread_pid, numbers[0].ns, pid_allocated) & ~PID_NAMESPACE_IN_USE;
  record.neighbours[0] = count_neighbours(0);
  record.neighbours[1] = count_neighbours(1);
  put(&record, sizeof(record));
  return 0;
}

struct neighbour_scan {
  __u64 head;
  __u64 at;
  struct kc_neighbours run; /* entries of one namespace, one after the other */
};

static long count_neighbour(__u32 index, struct neighbour_scan *scan) {
  struct neighbour *entry;
  __u32 netns;
  if (!scan->at || scan->at == scan->head || !has_room()) return 1;
  entry = (void *)(scan->at - bpf_core_field_offset(struct neighbour, gc_list));
  scan->at = (__u64)BPF_CORE_READ(entry, gc_list.next);
  netns = BPF_CORE_READ(entry, dev, nd_net.net, ns.inum);
  if (netns != scan->run.netns) {
    if (scan->run.entries) put(&scan->run, sizeof(scan->run));
    scan->run.netns = netns;
    scan->run.entries = 0;
  }
  scan->run.entries++;
  return 0;
}

__noinline int walk_neighbours(__u32 ipv6) {
  struct neigh_table *table = (void *)table_of_neighbours(ipv6 != 0);
  struct neighbour_scan scan = {.run = {.kind = KC_RECORD_NEIGHBOURS, .ipv6 = ipv6 != 0}};
  if (!table) return 0;
  scan.head = (__u64)table + bpf_core_field_offset(struct neigh_table, gc_list);
  scan.at = (__u64)BPF_CORE_READ(table, gc_list.next);
  bpf_loop(MAX_NEIGHBOURS, count_neighbour, &scan, 0);
  if (scan.run.entries) put(&scan.run, sizeof(scan.run));
  return 0;
}

#endif
