/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * What is in a descriptor table. Files that nothing but this one descriptor holds are only counted,
 * the others are told one by one, so that the daemon can tell which are the same. Nothing here takes
 * a reference or a lock: the program runs under RCU, which keeps table and files in memory.
 */
#ifndef KCOMMONS_BPF_FILES_H
#define KCOMMONS_BPF_FILES_H

/* Descriptors that are looked at together: the bits of a word of the table's bitmap. */
#define WORD 64
/* Words that are walked without giving up the processor. */
#define WORDS_AT_ONCE 256
#define MAX_QUEUED_MESSAGES 100000
#define MAX_FIXED_FILES (1U << 20)
/* Groups found without a descriptor, in one queue or ring; more than these are not told. */
#define MAX_PENDING 16

/* f_op to type: what the daemon has found on descriptors of its own. */
struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 64);
  __type(key, __u64);
  __type(value, __u32);
} types SEC(".maps");

#define CACHED_TYPES 64

/* The table under way. Read and changed by one walk at a time. */
struct {
  __u64 files;
  __u32 next_word;
  __u32 has_room;
  /* Of the word under way: what is open, and what was loaded of each. */
  __u64 open;
  __u64 descriptors[WORD];
  __u64 f_ops[WORD];
  __u64 others[WORD]; /* references beside that of the descriptor */
  __u64 sockets[WORD];
  __u32 has_sockets;
  /* Types that the operations alone tell. */
  __u64 cached_f_ops[CACHED_TYPES];
  __u32 cached_types[CACHED_TYPES];
  /* Groups without a descriptor. */
  __u32 pending_count;
  __u64 pending[MAX_PENDING];
  __u32 pending_types[MAX_PENDING];
  struct kc_table table;
} walk;

struct scan {
  __u64 at;
  __u64 end;
};

static __always_inline int is_shared(struct file *file) {
  struct file___counted *counted = (void *)file;
  if (bpf_core_field_exists(file->f_ref)) return BPF_CORE_READ(file, f_ref.refcnt.counter) != 0;
  return BPF_CORE_READ(counted, f_count.counter) != 1;
}

static __always_inline void put_file(struct file *file, __u32 held_by, __s32 pid) {
  struct kc_file record = {
      .kind = KC_RECORD_FILE, .pid = pid, .id = (__u64)file, .held_by = held_by};
  put(&record, sizeof(record));
}

static __always_inline __u64 name_of(struct file *file) {
  __u64 name = 0; /* its first eight bytes */
  bpf_probe_read_kernel(&name, sizeof(name), BPF_CORE_READ(file, f_path.dentry, d_name.name));
  return name;
}

#define NAME(a, b, c, d, e, f, g, h)                                                             \
  ((__u64)(a) | (__u64)(b) << 8 | (__u64)(c) << 16 | (__u64)(d) << 24 | (__u64)(e) << 32 |       \
   (__u64)(f) << 40 | (__u64)(g) << 48 | (__u64)(h) << 56)

/* Anonymous files of which the daemon has made none for itself, or could not: at the limit of its
 * inotify instances, say. */
static __always_inline __u32 anonymous_type(struct file *file) {
  const __u64 name = name_of(file);
  const __u64 three = name & 0xFFFFFF;
  /* bpf-map, bpf-prog, bpf_link, bpf_iter, btf */
  if (three == NAME('b', 'p', 'f', 0, 0, 0, 0, 0) || three == NAME('b', 't', 'f', 0, 0, 0, 0, 0))
    return KC_FILE_BPF;
  switch (name) {
    case NAME('i', 'n', 'o', 't', 'i', 'f', 'y', 0):
      return KC_FILE_INOTIFY;
    case NAME('[', 'e', 'v', 'e', 'n', 't', 'p', 'o'):
      return KC_FILE_EPOLL;
    case NAME('[', 'e', 'v', 'e', 'n', 't', 'f', 'd'):
      return KC_FILE_EVENTFD;
    case NAME('[', 't', 'i', 'm', 'e', 'r', 'f', 'd'):
      return KC_FILE_TIMERFD;
    case NAME('[', 's', 'i', 'g', 'n', 'a', 'l', 'f'):
      return KC_FILE_SIGNALFD;
    case NAME('[', 'p', 'i', 'd', 'f', 'd', ']', 0):
      return KC_FILE_PIDFD;
    case NAME('[', 'f', 'a', 'n', 'o', 't', 'i', 'f'):
      return KC_FILE_FANOTIFY;
    case NAME('[', 'i', 'o', '_', 'u', 'r', 'i', 'n'):
      return KC_FILE_IO_URING;
    case NAME('[', 'p', 'e', 'r', 'f', '_', 'e', 'v'):
      return KC_FILE_PERF_EVENT;
    case NAME('[', 'u', 's', 'e', 'r', 'f', 'a', 'u'):
      return KC_FILE_USERFAULTFD;
    default:
      return KC_FILE_OTHER;
  }
}

static __always_inline __u32 type_by_mode(unsigned short mode) {
  switch (mode & 0170000) {
    case 0100000:
      return KC_FILE_REGULAR;
    case 0040000:
      return KC_FILE_DIRECTORY;
    case 0020000:
    case 0060000:
      return KC_FILE_DEVICE;
    case 0010000:
      return KC_FILE_PIPE;
    case 0140000:
      return KC_FILE_SOCKET;
    default:
      return KC_FILE_OTHER;
  }
}

/* Operations are static objects, apart by more than this. */
#define CACHE_SLOT(f_op) (((f_op) >> 6) & (CACHED_TYPES - 1))

__noinline __u32 type_of(__u64 id, __u64 f_op) {
  struct file *file = (void *)id;
  const __u32 *known;
  struct inode *inode;
  __u32 type;
  if (f_op == control.shmem_f_op) {
    /* "memfd:" and whatever its maker called it, in a mount that nobody sees. */
    return (name_of(file) & 0xFFFFFFFFFFFF) == NAME('m', 'e', 'm', 'f', 'd', ':', 0, 0)
               ? KC_FILE_MEMFD
               : KC_FILE_REGULAR;
  }
  known = bpf_map_lookup_elem(&types, &f_op);
  inode = BPF_CORE_READ(file, f_inode);
  if (known) {
    type = *known;
  } else if ((__u64)BPF_CORE_READ(inode, i_sb) == control.anon_super) {
    type = anonymous_type(file);
  } else {
    type = type_by_mode(BPF_CORE_READ(inode, i_mode));
  }
  /* All files opened with O_PATH have the same operations, whatever they are. */
  if (!(BPF_CORE_READ(file, f_mode) & FMODE_PATH)) {
    walk.cached_f_ops[CACHE_SLOT(f_op)] = f_op;
    walk.cached_types[CACHE_SLOT(f_op)] = type;
  }
  return type;
}

/* --- inotify and fanotify --- */

static __always_inline void put_group_cgroup(struct fsnotify_group *group, struct kc_group *record) {
  struct cgroup *cgroup;
  if (!bpf_core_field_exists(group->memcg)) return;
  cgroup = BPF_CORE_READ(group, memcg, css.cgroup);
  if (!cgroup) return;
  struct kernfs_node *node = BPF_CORE_READ(cgroup, kn);
  put_directories((__u64)node);
  record->cgroup = (__u64)node;
  record->hierarchy_flags = hierarchy_flags(cgroup) | dead_flag(cgroup);
}

__noinline int put_group(__u64 file, __u32 type) {
  struct fsnotify_group *group = BPF_CORE_READ((struct file *)file, private_data);
  struct kc_group record = {.kind = KC_RECORD_GROUP, .pid = walk.table.pid, .type = type};
  struct ucounts *ucounts = 0;
  if (!group) return 0;
  record.id = (__u64)group;
  if (type == KC_FILE_INOTIFY) {
    ucounts = BPF_CORE_READ(group, inotify_data.ucounts);
  } else if (bpf_core_field_exists(group->fanotify_data.ucounts)) {
    ucounts = BPF_CORE_READ(group, fanotify_data.ucounts);
    record.unlimited_marks =
        (BPF_CORE_READ(group, fanotify_data.flags) & FANOTIFY_UNLIMITED_MARKS) != 0;
  }
  put_ucounts((__u64)ucounts);
  record.ucounts = (__u64)ucounts;
  /* A group holds one reference of itself, and one for each mark (fsnotify_init_mark). */
  record.marks = BPF_CORE_READ(group, refcnt.refs.counter) - 1;
  record.queue_length = BPF_CORE_READ(group, q_len);
  record.queue_limit = BPF_CORE_READ(group, max_events);
  put_group_cgroup(group, &record);
  put(&record, sizeof(record));
  return 0;
}

/* --- files that no descriptor holds --- */

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

static __always_inline void put_pending_groups(void) {
  for (__u32 i = 0; i < MAX_PENDING; i++) {
    if (i >= walk.pending_count) break;
    put_group(walk.pending[i], walk.pending_types[i]);
  }
  walk.pending_count = 0;
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

static long scan_message(__u32 index, struct scan *scan) {
  struct sk_buff *message = (void *)scan->at;
  if (!message || scan->at == scan->end) return 1;
  struct unix_skb_parms *parameters = (void *)message + bpf_core_field_offset(struct sk_buff, cb);
  struct scm_fp_list *list = BPF_CORE_READ(parameters, fp);
  if (list) {
    struct scan inner = {.end = (__u64)list};
    short count = BPF_CORE_READ(list, count);
    if (count > 0) bpf_loop(count, scan_passed, &inner, 0);
  }
  scan->at = (__u64)BPF_CORE_READ(message, next);
  return 0;
}

/* Descriptors that were sent to this Unix socket and not received yet (unix(7), SCM_RIGHTS). */
__noinline int scan_queue(__u64 socket) {
  struct sock *sk = (void *)socket;
  struct sk_buff_head *queue;
  if (!bpf_core_type_exists(struct unix_skb_parms)) return 0;
  queue = (void *)sk + bpf_core_field_offset(struct sock, sk_receive_queue);
  struct scan scan = {.at = (__u64)BPF_CORE_READ(queue, next), .end = (__u64)queue};
  bpf_loop(MAX_QUEUED_MESSAGES, scan_message, &scan, 0);
  return 0;
}

/* The low bits of a registered file's pointer are flags of io_uring. */
#define FILE_POINTER(value) ((struct file *)((value) & ~7UL))

static long scan_node(__u32 index, struct scan *scan) {
  struct io_rsrc_node *node = 0;
  bpf_probe_read_kernel(&node, sizeof(node), (void *)scan->at + 8UL * index);
  if (node) count_held(FILE_POINTER(BPF_CORE_READ(node, file_ptr)), KC_HELD_BY_IO_URING);
  return 0;
}

static long scan_slot(__u32 index, struct scan *scan) {
  unsigned long value = 0;
  bpf_probe_read_kernel(&value, sizeof(value), (void *)scan->at + 8UL * index);
  count_held(FILE_POINTER(value), KC_HELD_BY_IO_URING);
  return 0;
}

/* Files registered with a ring (io_uring_register(2), IORING_REGISTER_FILES). */
__noinline int scan_ring(__u64 id) {
  struct file *file = (void *)id;
  struct io_ring_ctx___nodes *ring = BPF_CORE_READ(file, private_data);
  struct io_ring_ctx___flat *flat = (void *)ring;
  struct scan scan = {};
  __u32 count;
  if (bpf_core_field_exists(ring->file_table.data.nodes)) {
    count = BPF_CORE_READ(ring, file_table.data.nr);
    scan.at = (__u64)BPF_CORE_READ(ring, file_table.data.nodes);
    if (scan.at && count <= MAX_FIXED_FILES) bpf_loop(count, scan_node, &scan, 0);
  } else if (bpf_core_field_exists(flat->file_table.files)) {
    count = BPF_CORE_READ(flat, nr_user_files);
    scan.at = (__u64)BPF_CORE_READ(flat, file_table.files);
    if (scan.at && count <= MAX_FIXED_FILES) bpf_loop(count, scan_slot, &scan, 0);
  }
  return 0;
}

/* --- tables --- */

/*
 * Most of the time of a walk goes into waiting for memory: each file is somewhere else. So a word is
 * gone through field by field, with nothing between the loads, and the processor has many of them
 * under way at once.
 *
 * A `direct` load is one instruction, which a fault in the middle of it leaves with 0; it takes
 * bpf_rdonly_cast (Linux 6.2). The other kind is a call of a helper.
 */
extern void *bpf_rdonly_cast(const void *object, __u32 type) __ksym __weak;
#define CAST(type, id) \
  ((struct type *)bpf_rdonly_cast((void *)(id), bpf_core_type_id_kernel(struct type)))
#define LOAD(direct, type, id, field)                                     \
  ({                                                                      \
    __u64 object = (id);                                                  \
    (direct) ? (__u64)CAST(type, object)->field                           \
             : (__u64)BPF_CORE_READ((struct type *)object, field);        \
  })

#define IS_OPEN(bit) (walk.open & 1UL << (bit))
#define FOR_EACH_OPEN(bit)                                              \
  _Pragma("clang loop unroll(disable)") for (__u32 bit = 0; bit < WORD; bit++) \
    if (IS_OPEN(bit))

static __always_inline int load_files(int direct) {
  FOR_EACH_OPEN(bit) walk.f_ops[bit] = LOAD(direct, file, walk.descriptors[bit], f_op);
  if (bpf_core_field_exists(((struct file *)0)->f_ref)) {
    FOR_EACH_OPEN(bit)
      walk.others[bit] = LOAD(direct, file, walk.descriptors[bit], f_ref.refcnt.counter);
  } else {
    FOR_EACH_OPEN(bit)
      walk.others[bit] = LOAD(direct, file___counted, walk.descriptors[bit], f_count.counter) - 1;
  }
  return 0;
}

__noinline int load_files_directly(void) {
  return load_files(1);
}

__noinline int load_files_by_helpers(void) {
  return load_files(0);
}

static __always_inline __u32 type_at(__u32 bit) {
  __u64 f_op = walk.f_ops[bit];
  __u32 slot = CACHE_SLOT(f_op);
  return walk.cached_f_ops[slot] == f_op ? walk.cached_types[slot]
                                         : type_of(walk.descriptors[bit], f_op);
}

/* Unix sockets in whose queues descriptors wait; the others are forgotten. */
static __always_inline int load_queues(int direct) {
  FOR_EACH_OPEN(bit) {
    if (walk.sockets[bit])
      walk.sockets[bit] = LOAD(direct, file, walk.sockets[bit], private_data);
  }
  FOR_EACH_OPEN(bit) {
    if (walk.sockets[bit]) walk.sockets[bit] = LOAD(direct, socket, walk.sockets[bit], sk);
  }
  FOR_EACH_OPEN(bit) {
    if (walk.sockets[bit] &&
        LOAD(direct, sock, walk.sockets[bit], __sk_common.skc_family) != FAMILY_UNIX)
      walk.sockets[bit] = 0;
  }
  if (!bpf_core_field_exists(((struct unix_sock *)0)->scm_stat)) return 0;
  FOR_EACH_OPEN(bit) {
    if (walk.sockets[bit] &&
        LOAD(direct, unix_sock, walk.sockets[bit], scm_stat.nr_fds.counter) == 0)
      walk.sockets[bit] = 0;
  }
  return 0;
}

__noinline int load_queues_directly(void) {
  return load_queues(1);
}

__noinline int load_queues_by_helpers(void) {
  return load_queues(0);
}

#define IS_UNUSUAL(type)                                                         \
  (1U << (type) & (1U << KC_FILE_SOCKET | 1U << KC_FILE_IO_URING | 1U << KC_FILE_INOTIFY | \
                   1U << KC_FILE_FANOTIFY))

/* Files that are shared, or of a type that is looked into. */
static __always_inline void walk_unusual(__u32 bit, __u32 type) {
  __u64 file = walk.descriptors[bit];
  if (walk.others[bit]) put_file((void *)file, KC_HELD_BY_DESCRIPTOR, walk.table.pid);
  if (type == KC_FILE_SOCKET) {
    walk.sockets[bit] = file;
    walk.has_sockets = 1;
  }
  if (type == KC_FILE_IO_URING) scan_ring(file);
  if (is_group(type)) put_group(file, type);
  if (walk.pending_count) put_pending_groups();
}

/* Not inlined, nor are the loops: so the verifier goes through each of them once. */
__noinline int walk_descriptor(__u32 index) {
  __u32 bit = index & (WORD - 1);
  __u32 type = type_at(bit) & (KC_FILE_TYPE_SLOTS - 1);
  walk.table.by_type[type]++;
  walk.sockets[bit] = 0;
  if (!walk.others[bit]) walk.table.unshared++;
  if (walk.others[bit] || IS_UNUSUAL(type)) walk_unusual(bit, type);
  return 0;
}

static __noinline int walk_queue(__u32 bit) {
  scan_queue(walk.sockets[bit & (WORD - 1)]);
  if (walk.pending_count) put_pending_groups();
  return 0;
}

static __always_inline long walk_word(struct fdtable *fdt, int direct) {
  __u32 first = walk.next_word * WORD;
  if (!has_room()) {
    walk.has_room = 0;
    return 1;
  }
  walk.has_sockets = 0;
  walk.open = 0;
  bpf_probe_read_kernel(&walk.open, 8, (void *)BPF_CORE_READ(fdt, open_fds) + first / 8);
  walk.next_word++;
  if (!walk.open) return 0;
  if (bpf_probe_read_kernel(walk.descriptors, sizeof(walk.descriptors),
                            (void *)BPF_CORE_READ(fdt, fd) + 8UL * first))
    return 0;
  /* A descriptor is taken before there is a file behind it. */
  FOR_EACH_OPEN(bit) {
    if (!walk.descriptors[bit]) walk.open &= ~(1UL << bit);
  }
  if (direct)
    load_files_directly();
  else
    load_files_by_helpers();
  FOR_EACH_OPEN(bit) walk_descriptor(bit);
  if (!walk.has_sockets) return 0;
  if (direct)
    load_queues_directly();
  else
    load_queues_by_helpers();
  FOR_EACH_OPEN(bit) {
    if (walk.sockets[bit]) walk_queue(bit);
  }
  return 0;
}

static long walk_word_directly(__u32 index, struct fdtable **fdt) {
  return walk_word(*fdt, 1);
}

static long walk_word_by_helpers(__u32 index, struct fdtable **fdt) {
  return walk_word(*fdt, 0);
}

/* A piece of the table; true when it was the last. */
static __always_inline int walk_piece(struct files_struct *files, int direct) {
  struct fdtable *fdt = BPF_CORE_READ(files, fdt);
  __u32 words = BPF_CORE_READ(fdt, max_fds) / WORD;
  __u32 left = words > walk.next_word ? words - walk.next_word : 0;
  __u32 count = left < WORDS_AT_ONCE ? left : WORDS_AT_ONCE;
  walk.has_room = 1;
  if (direct)
    bpf_loop(count, walk_word_directly, &fdt, 0);
  else
    bpf_loop(count, walk_word_by_helpers, &fdt, 0);
  return walk.has_room && walk.next_word >= words;
}

#endif
