/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * What the BPF programs hand to the daemon: the records of the ring buffer and the settings that go
 * the other way. Shared by both sides, so plain C with fixed widths and no padding left to chance.
 *
 * Pointers of the kernel serve as identities only: equal means the same object at that moment.
 */
#ifndef KCOMMONS_BPF_RECORDS_H
#define KCOMMONS_BPF_RECORDS_H

#include <linux/types.h>

/* The order is that of kcommons::bpf::FileType. */
enum kc_file_type {
  KC_FILE_OTHER = 0,
  KC_FILE_REGULAR,
  KC_FILE_DIRECTORY,
  KC_FILE_DEVICE,
  KC_FILE_PIPE,
  KC_FILE_SOCKET,
  KC_FILE_INOTIFY,
  KC_FILE_FANOTIFY,
  KC_FILE_EPOLL,
  KC_FILE_EVENTFD,
  KC_FILE_TIMERFD,
  KC_FILE_SIGNALFD,
  KC_FILE_PIDFD,
  KC_FILE_MEMFD,
  KC_FILE_IO_URING,
  KC_FILE_BPF,
  KC_FILE_PERF_EVENT,
  KC_FILE_USERFAULTFD,
  KC_FILE_PTY, /* the master's side; a device */
  KC_FILE_TYPES,
};
/* A power of two, so that a mask keeps an index in bounds for the verifier. */
#define KC_FILE_TYPE_SLOTS 32

/* Per-user counters, whatever number the running kernel gives them. */
enum kc_counter {
  KC_USER_NAMESPACES = 0,
  KC_PID_NAMESPACES,
  KC_UTS_NAMESPACES,
  KC_IPC_NAMESPACES,
  KC_NET_NAMESPACES,
  KC_MNT_NAMESPACES,
  KC_CGROUP_NAMESPACES,
  KC_TIME_NAMESPACES,
  KC_INOTIFY_INSTANCES,
  KC_INOTIFY_WATCHES,
  KC_FANOTIFY_GROUPS,
  KC_FANOTIFY_MARKS,
  KC_PROCESSES,
  KC_MQUEUE_BYTES,
  KC_PENDING_SIGNALS,
  KC_LOCKED_MEMORY,
  KC_COUNTERS,
};

enum kc_record_kind {
  KC_RECORD_UCOUNTS = 1,
  KC_RECORD_USER,
  KC_RECORD_CGROUP,
  KC_RECORD_CSS_SET,
  KC_RECORD_PROCESS,
  KC_RECORD_TABLE,
  KC_RECORD_FILE,
  KC_RECORD_GROUP,
  KC_RECORD_CALIBRATION,
  KC_RECORD_HOST,
  KC_RECORD_OBJECT,
  KC_RECORD_NEIGHBOURS,
};

/* One counter: a user in a user namespace (struct ucounts), and the one it is charged to next. */
struct kc_ucounts {
  __u32 kind;
  __u32 uid;
  __u64 id;
  __u64 outer; /* the ucounts one level out; 0 for the initial namespace */
  __u32 userns;
  __u32 level;
  __u32 present; /* bit per kc_counter that this kernel keeps here */
  __u32 unused;
  __s64 used[KC_COUNTERS];
  __s64 limit[KC_COUNTERS];
};

enum kc_user_has {
  KC_USER_HAS_EPOLL = 1,
  KC_USER_HAS_INFLIGHT = 2,
  KC_USER_HAS_PIPES = 4,
  KC_USER_HAS_LOCKED = 8,
};

/* What the kernel counts per user whatever the namespace (struct user_struct). */
struct kc_user {
  __u32 kind;
  __u32 uid;
  __u64 id;
  __s64 epoll_watches;
  __s64 unix_inflight;
  __s64 pipe_pages;
  __s64 locked_pages;
  __u32 present; /* bits of enum kc_user_has */
  __u32 unused;
};

/* One directory of a cgroup hierarchy (struct kernfs_node). */
#define KC_NAME_SIZE 256
struct kc_cgroup {
  __u32 kind;
  __u32 name_size;
  __u64 id;
  __u64 parent; /* 0 at the root */
  char name[KC_NAME_SIZE]; /* name_size bytes are sent, without a terminating zero */
};

/* Where a task is, in each hierarchy (struct css_set). */
#define KC_HIERARCHIES 20
enum kc_hierarchy_flags {
  KC_HIERARCHY_DEFAULT = 1, /* cgroup2 */
  KC_HIERARCHY_MEMORY = 2,
  KC_HIERARCHY_PIDS = 4,
  KC_HIERARCHY_SYSTEMD = 8, /* name=systemd */
  KC_HIERARCHY_DEAD = 16,   /* the cgroup was removed */
};
struct kc_membership {
  __u64 cgroup;
  __u32 hierarchy;
  __u32 flags;
};
struct kc_css_set {
  __u32 kind;
  __u32 count;
  __u64 id;
  struct kc_membership in[KC_HIERARCHIES];
};

/* Bits of kc_process.flags */
enum kc_process_flags {
  KC_PROCESS_ZOMBIE = 1,    /* the leader has exited */
  /* Effective, in the initial user namespace. */
  KC_PROCESS_SYS_ADMIN = 2,
  KC_PROCESS_SYS_RESOURCE = 4,
  KC_PROCESS_IPC_LOCK = 8,
};

struct kc_process {
  __u32 kind;
  __u32 flags;
  __s32 pid;
  __s32 parent;
  __u64 start_ns; /* since boot */
  __u64 css_set;
  __u64 ucounts; /* of the real credentials: where its next charge goes */
  __u32 uid;
  __u32 effective_uid;
  __u32 userns;
  __s32 live_threads;
  __s32 threads; /* those that still have a PID */
  __u32 netns;
  __u64 descriptor_limit; /* soft limits; all bits for none */
  __u64 process_limit;
  __u64 signal_limit;
  __u64 mqueue_limit;
  __u64 memlock_limit;
  __u64 exe; /* struct file of the executable; 0 without one */
};

/* One descriptor table (struct files_struct) and what is in it. */
struct kc_table {
  __u32 kind;
  __s32 pid;
  __s32 thread;
  __u32 repeated; /* the same table was told before, for another process */
  __u64 id;
  __u64 unshared; /* files that nothing else holds */
  __u64 queued;   /* the same, waiting in the receive queues of its unix sockets */
  __u64 fixed;    /* the same, registered with its io_urings */
  /* Of pipes whose one reading end is in the table and nowhere else, and which are charged to the
   * process's own user: pages of their buffers. */
  __u64 pipe_pages;
  __u32 pipe_uid; /* who is charged for them */
  __u32 unused;
  __u32 by_type[KC_FILE_TYPE_SLOTS];
};

/* A file that something else holds as well: one descriptor, mapping or reference of it. */
enum kc_held_by {
  KC_HELD_BY_DESCRIPTOR = 0,
  KC_HELD_BY_QUEUE,
  KC_HELD_BY_IO_URING,
  KC_HELD_BY_MAPPING,
};
struct kc_file {
  __u32 kind;
  __s32 pid;
  __u64 id;
  __u32 held_by;
  __u32 unused;
};

/* One descriptor of an inotify or fanotify group. */
struct kc_group {
  __u32 kind;
  __s32 pid;
  __u64 id;
  __u64 ucounts;
  __u64 cgroup; /* the creator's, of the memory hierarchy; 0 where the kernel does not keep it */
  __u32 hierarchy_flags;
  __u32 type; /* KC_FILE_INOTIFY or KC_FILE_FANOTIFY */
  __u32 marks;
  __u32 unlimited_marks; /* fanotify groups that are not charged for their marks */
  __u32 queue_length;
  __u32 queue_limit;
};

/* What else a process holds. */
enum kc_object_type {
  KC_OBJECT_PIPE = 0,  /* amount: pages that are charged for its buffer */
  KC_OBJECT_EPOLL,     /* what is registered */
  KC_OBJECT_PTY,       /* 1: the master's side */
  KC_OBJECT_AIO,       /* the events of a context */
  KC_OBJECT_TCP,       /* bytes of buffers */
  KC_OBJECT_UDP,
  KC_OBJECT_INFLIGHT,  /* descriptors in a message that nobody has received */
};
struct kc_object {
  __u32 kind;
  __s32 pid;
  __u64 id;
  __u32 type;
  __u32 uid; /* who is charged; of what is charged to users */
  __u64 amount;
};

/* What the kernel counts once. */
struct kc_host {
  __u32 kind;
  __u32 kernel_threads; /* of walk_holdings */
  __u64 pids;           /* of the initial PID namespace; 0: not known */
  __u32 neighbours[2];  /* IPv4, IPv6: entries that the limit bounds; all bits: not known */
};

/* Entries of neighbours of one network namespace; several of one namespace add up. */
struct kc_neighbours {
  __u32 kind;
  __u32 netns;
  __u32 ipv6;
  __u32 entries;
};

struct kc_calibration {
  __u32 kind;
  __s32 fd;
  __u64 f_op;
  __u64 super; /* the file system */
};

/* What the daemon sets before a walk and reads after it; the .bss of the programs. */
struct kc_control {
  __u32 pass; /* counts walks, so that what was told before is known */
  __s32 calibrate_pid;
  __u32 pools_told; /* the last pass whose pools were all told */
  __u64 anon_super; /* the file system of anonymous files, which has no names but the kernel's */
  __u64 shmem_f_op;
  __u64 lost; /* records that did not fit */
};

#endif
