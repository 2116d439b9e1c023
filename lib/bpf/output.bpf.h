/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* The way out: the ring buffer, and what was told in this walk already. */
#ifndef KCOMMONS_BPF_OUTPUT_H
#define KCOMMONS_BPF_OUTPUT_H

#define RING_SIZE (2048 * 1024)
/* What one step may write at most: a task with long cgroup paths, or 64 descriptors, each of a group
 * whose user is 33 user namespaces deep (33 * 64 records of 300 bytes). */
#define STEP_SIZE (1024 * 1024)

struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, RING_SIZE);
} records SEC(".maps");

/* Identities told in this walk, to the number of the pass. One that is evicted is told twice. */
struct {
  __uint(type, BPF_MAP_TYPE_LRU_HASH);
  __uint(max_entries, 16384);
  __type(key, __u64);
  __type(value, __u32);
} told SEC(".maps");

struct kc_control control;

static __always_inline int has_room(void) {
  return bpf_ringbuf_query(&records, BPF_RB_AVAIL_DATA) <= RING_SIZE - STEP_SIZE;
}

static __always_inline void put(void *record, __u64 size) {
  if (bpf_ringbuf_output(&records, record, size, BPF_RB_NO_WAKEUP) != 0) control.lost++;
}

static __always_inline int was_told(__u64 id) {
  const __u32 *pass = bpf_map_lookup_elem(&told, &id);
  return pass && *pass == control.pass;
}

static __always_inline void mark_told(__u64 id) {
  __u32 pass = control.pass;
  bpf_map_update_elem(&told, &id, &pass, BPF_ANY);
}

#endif
