/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * What an open file is: its type, whether anything else holds it, and the inotify or fanotify group
 * behind it. Files that nothing but one descriptor holds are only counted, the others are told one by
 * one, so that the daemon can tell which are the same. Nothing here takes a reference or a lock: the
 * program runs under RCU, which keeps tables and files in memory.
 */
#ifndef KCOMMONS_BPF_FILES_H
#define KCOMMONS_BPF_FILES_H

/* Descriptors that are looked at together: the bits of a word of the table's bitmap. */
#define WORD 64
/* Words that are walked without giving up the processor. */
#define WORDS_AT_ONCE 256
#define MAX_QUEUED_MESSAGES 100000
#define MAX_FIXED_FILES (1U << 20)
/* Groups found without a descriptor that wait to be told; one message has at most 253 files
 * (net/core/scm.c, SCM_MAX_FD). */
#define MAX_PENDING 512
#define MAX_PASSED 256

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
  __u64 sockets[WORD]; /* the first socket_count */
  __u64 internet[WORD]; /* those of them that are TCP or UDP sockets, else 0 */
  __u32 socket_count;
  /* Ends of pipes that nothing else holds, the first pipe_count, and what was loaded of each. */
  __u64 pipes[WORD];
  __u64 pipe_ends[WORD]; /* f_mode */
  __u64 pipe_data[WORD];
  __u64 pipe_readers[WORD];
  __u64 pipe_pages[WORD];
  __u64 pipe_users[WORD];
  __u32 pipe_count;
  __u64 user; /* struct user_struct of the process */
  __u64 rings[WORD]; /* io_uring files, the first ring_count */
  __u32 ring_count;
  /* Where the ring buffer was full in the middle of what they hold: the word is gone through again,
   * as files may have gone meanwhile, but its descriptors are not counted twice. */
  __u32 is_counted;
  __u32 next_holder; /* the sockets, then the rings */
  __u32 next_held;   /* in it: the message, or the registered file */
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
  __u32 skip;
  __u32 stopped;
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

static __always_inline __u32 type_by_mode(unsigned short mode, __u32 device) {
  switch (mode & 0170000) {
    case 0100000:
      return KC_FILE_REGULAR;
    case 0040000:
      return KC_FILE_DIRECTORY;
    case 0020000:
    case 0060000:
      return device == PTMX_DEVICE ? KC_FILE_PTY : KC_FILE_DEVICE;
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
    type = type_by_mode(BPF_CORE_READ(inode, i_mode), BPF_CORE_READ(inode, i_rdev));
  }
  /* All files opened with O_PATH have the same operations, whatever they are. */
  if (!(BPF_CORE_READ(file, f_mode) & FMODE_PATH)) {
    walk.cached_f_ops[CACHE_SLOT(f_op)] = f_op;
    walk.cached_types[CACHE_SLOT(f_op)] = type;
  }
  return type;
}

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

/* Memory of a TCP or UDP socket as the kernel accounts it: what is queued either way, and what it has
 * taken ahead of that (include/net/sock.h, sk_mem_charge). */
__noinline int put_socket(__u32 index) {
  struct sock *sk = (void *)walk.internet[index & (WORD - 1)];
  struct kc_object record = {.kind = KC_RECORD_OBJECT, .pid = walk.table.pid, .id = (__u64)sk};
  __u16 protocol = BPF_CORE_READ(sk, sk_protocol);
  int bytes = BPF_CORE_READ(sk, sk_forward_alloc) + BPF_CORE_READ(sk, sk_backlog.rmem_alloc.counter);
  if (protocol == PROTOCOL_TCP) {
    record.type = KC_OBJECT_TCP;
    bytes += BPF_CORE_READ(sk, sk_wmem_queued);
  } else if (protocol == PROTOCOL_UDP) {
    record.type = KC_OBJECT_UDP;
  } else {
    return 0;
  }
  if (bytes <= 0) return 0;
  record.amount = bytes;
  put(&record, sizeof(record));
  return 0;
}

/* What a file stands for that is capped by itself. */
__noinline int put_object(__u64 id, __u32 type) {
  struct file *file = (void *)id;
  void *data = BPF_CORE_READ(file, private_data);
  struct user_struct *user = 0;
  struct kc_object record = {
      .kind = KC_RECORD_OBJECT, .pid = walk.table.pid, .id = (__u64)data, .amount = 1};
  if (type == KC_FILE_PIPE) {
    struct pipe_inode_info *pipe = data;
    /* Its pages wait for who reads it: they are told once, at that end, if there is one. */
    if (!(BPF_CORE_READ(file, f_mode) & FMODE_READ) && BPF_CORE_READ(pipe, readers)) return 0;
    record.type = KC_OBJECT_PIPE;
    record.amount = BPF_CORE_READ(pipe, nr_accounted);
    user = BPF_CORE_READ(pipe, user);
  } else if (type == KC_FILE_EPOLL) {
    struct eventpoll *epoll = data;
    if (!bpf_core_field_exists(epoll->refcount)) return 0;
    record.type = KC_OBJECT_EPOLL;
    record.amount = BPF_CORE_READ(epoll, refcount.refs.counter) - 1;
    user = BPF_CORE_READ(epoll, user);
  } else {
    record.type = KC_OBJECT_PTY;
  }
  if (!data || !record.amount) return 0;
  if (user) record.uid = BPF_CORE_READ(user, uid.val);
  put(&record, sizeof(record));
  return 0;
}

#endif
