/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * Files that no descriptor holds: those on their way through a Unix socket, and those registered with
 * an io_uring. A container may have any number of them, so a scan stops where the ring buffer is
 * nearly full, and goes on from there when it is asked again.
 */
#ifndef KCOMMONS_BPF_HELD_H
#define KCOMMONS_BPF_HELD_H

static __always_inline int is_group(__u32 type) {
  return type == KC_FILE_INOTIFY || type == KC_FILE_FANOTIFY;
}

/* Told when the scan is done: the verifier allows no deeper calls from within it. */
static __always_inline void remember_group(struct file *file, __u32 type) {
  __u32 at = walk.pending_count;
  if (!is_group(type) || at >= MAX_PENDING) return;
  walk.pending[at] = (__u64)file;
  walk.pending_types[at] = type;
  walk.pending_count = at + 1;
}

static long put_pending_group(__u32 index, void *nothing) {
  __u32 at = index & (MAX_PENDING - 1);
  put_group(walk.pending[at], walk.pending_types[at]);
  return 0;
}

static __noinline int put_pending_groups(void) {
  bpf_loop(walk.pending_count, put_pending_group, 0, 0);
  walk.pending_count = 0;
  return 0;
}

/* Whether what one message or one registered file may bring can be told. */
static __always_inline int can_take_more(void) {
  return walk.pending_count <= MAX_PENDING - MAX_PASSED && has_room();
}

static __always_inline void count_held(struct file *file, __u32 held_by) {
  if (!file) return;
  remember_group(file, type_of((__u64)file, (__u64)BPF_CORE_READ(file, f_op)));
  if (is_shared(file)) {
    put_file(file, held_by, walk.table.pid);
  } else if (held_by == KC_HELD_BY_QUEUE) {
    walk.table.queued++;
  } else {
    walk.table.fixed++;
  }
}

static long scan_passed(__u32 index, struct scan *scan) {
  struct scm_fp_list *list = (void *)scan->end;
  struct file *file = 0;
  bpf_probe_read_kernel(&file, sizeof(file), (void *)&list->fp + 8UL * index);
  count_held(file, KC_HELD_BY_QUEUE);
  return 0;
}

/* Charged to the sender, in the hands of who may receive it. */
static __always_inline void put_in_flight(struct scm_fp_list *list, short count) {
  struct kc_object record = {.kind = KC_RECORD_OBJECT,
                             .type = KC_OBJECT_INFLIGHT,
                             .pid = walk.table.pid,
                             .id = (__u64)list,
                             .amount = count};
  struct user_struct *user = BPF_CORE_READ(list, user);
  if (!user || count <= 0) return;
  record.uid = BPF_CORE_READ(user, uid.val);
  put(&record, sizeof(record));
}

static long scan_message(__u32 index, struct scan *scan) {
  struct sk_buff *message = (void *)scan->at;
  if (!message || scan->at == scan->end) return 1;
  scan->at = (__u64)BPF_CORE_READ(message, next);
  if (index < scan->skip) return 0;
  if (!can_take_more()) {
    scan->stopped = 1;
    return 1;
  }
  struct unix_skb_parms *parameters = (void *)message + bpf_core_field_offset(struct sk_buff, cb);
  struct scm_fp_list *list = BPF_CORE_READ(parameters, fp);
  if (list) {
    struct scan inner = {.end = (__u64)list};
    short count = BPF_CORE_READ(list, count);
    put_in_flight(list, count);
    if (count > 0) bpf_loop(count, scan_passed, &inner, 0);
  }
  walk.next_held = index + 1;
  return 0;
}

/* Descriptors that were sent to this Unix socket and not received yet (unix(7), SCM_RIGHTS). True
 * when it is done, else there is no room for more. */
__noinline int scan_queue(__u64 socket) {
  struct sock *sk = (void *)socket;
  struct sk_buff_head *queue;
  if (!bpf_core_type_exists(struct unix_skb_parms)) return 1;
  queue = (void *)sk + bpf_core_field_offset(struct sock, sk_receive_queue);
  struct scan scan = {
      .at = (__u64)BPF_CORE_READ(queue, next), .end = (__u64)queue, .skip = walk.next_held};
  bpf_loop(MAX_QUEUED_MESSAGES, scan_message, &scan, 0);
  return !scan.stopped;
}

/* The low bits of a registered file's pointer are flags of io_uring. */
#define FILE_POINTER(value) ((struct file *)((value) & ~7UL))

static __always_inline __u64 registered_at(struct scan *scan) {
  __u64 value = 0;
  bpf_probe_read_kernel(&value, sizeof(value), (void *)scan->at + 8UL * walk.next_held);
  return value;
}

static __always_inline long count_registered(__u64 file, struct scan *scan) {
  if (!can_take_more()) {
    scan->stopped = 1;
    return 1;
  }
  count_held(FILE_POINTER(file), KC_HELD_BY_IO_URING);
  walk.next_held++;
  return 0;
}

static long scan_node(__u32 index, struct scan *scan) {
  struct io_rsrc_node *node = (void *)registered_at(scan);
  return count_registered(node ? BPF_CORE_READ(node, file_ptr) : 0, scan);
}

static long scan_slot(__u32 index, struct scan *scan) {
  return count_registered(registered_at(scan), scan);
}

/* Files registered with a ring (io_uring_register(2), IORING_REGISTER_FILES). True when it is done,
 * else there is no room for more. */
__noinline int scan_ring(__u64 id) {
  struct file *file = (void *)id;
  struct io_ring_ctx___nodes *ring = BPF_CORE_READ(file, private_data);
  struct io_ring_ctx___flat *flat = (void *)ring;
  struct scan scan = {};
  __u32 count = 0;
  int nodes = bpf_core_field_exists(ring->file_table.data.nodes);
  if (nodes) {
    count = BPF_CORE_READ(ring, file_table.data.nr);
    scan.at = (__u64)BPF_CORE_READ(ring, file_table.data.nodes);
  } else if (bpf_core_field_exists(flat->file_table.files)) {
    count = BPF_CORE_READ(flat, nr_user_files);
    scan.at = (__u64)BPF_CORE_READ(flat, file_table.files);
  }
  if (!scan.at || count > MAX_FIXED_FILES || count <= walk.next_held) return 1;
  if (nodes)
    bpf_loop(count - walk.next_held, scan_node, &scan, 0);
  else
    bpf_loop(count - walk.next_held, scan_slot, &scan, 0);
  return !scan.stopped;
}

#endif
