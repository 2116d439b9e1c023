/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * The few types of the kernel that the programs look into, as far as they look. Their layout is
 * that of the running kernel: the loader relocates every access by BTF (CO-RE), so order and
 * padding mean nothing here, names and types do. A type with ___ in its name is another shape of
 * the type before it, from another kernel; which one there is, is asked with
 * bpf_core_field_exists() and never told by a version.
 */
#ifndef KCOMMONS_BPF_KERNEL_H
#define KCOMMONS_BPF_KERNEL_H

#include <linux/types.h>
/* After the types they need. */
#include <linux/bpf.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

typedef struct {
  int counter;
} atomic_t;
typedef struct {
  __s64 counter;
} atomic64_t;
typedef struct {
  long counter;
} atomic_long_t;
typedef struct {
  atomic_t refs;
} refcount_t;
typedef struct {
  __u32 val;
} kuid_t;
typedef struct {
  atomic64_t refcnt;
} file_ref_t;

struct list_head {
  struct list_head *next;
  struct list_head *prev;
};
struct hlist_head {
  void *first;
};

/* --- cgroups --- */

struct kernfs_node {
  struct kernfs_node *parent; /* until 6.14 */
  const char *name;
  __u64 id;
};
struct kernfs_node___renamed {
  struct kernfs_node *__parent;
};
struct cgroup_subsys_state {
  struct cgroup *cgroup;
  unsigned int flags;
};
struct cgroup {
  struct cgroup_subsys_state self;
  struct kernfs_node *kn;
  struct cgroup_root *root;
};
struct cgroup_root {
  unsigned int subsys_mask;
  int hierarchy_id;
  char name[64];
};
struct cgrp_cset_link {
  struct cgroup *cgrp;
  struct list_head cgrp_link;
};
struct css_set {
  struct list_head cgrp_links;
};
struct mem_cgroup {
  struct cgroup_subsys_state css;
};
enum cgroup_subsys_id { memory_cgrp_id, pids_cgrp_id };

/* --- users --- */

struct ns_common {
  unsigned int inum;
};
struct user_namespace {
  int level;
  struct ns_common ns;
  struct ucounts *ucounts;
  long ucount_max[1];
  long rlimit_max[1];
};
struct ucounts {
  struct user_namespace *ns;
  kuid_t uid;
  atomic_long_t ucount[1];
  atomic_long_t rlimit[1];
};
struct percpu_counter {
  __s64 count;
  __s32 *counters; /* what each CPU has not added to it yet */
};
struct user_struct {
  struct percpu_counter epoll_watches;
  unsigned long unix_inflight;
  atomic_long_t pipe_bufs;
  kuid_t uid;
  atomic_long_t locked_vm;
};
/* 5.10 */
struct user_struct___plain {
  atomic_long_t epoll_watches;
};
enum ucount_type {
  UCOUNT_USER_NAMESPACES,
  UCOUNT_PID_NAMESPACES,
  UCOUNT_UTS_NAMESPACES,
  UCOUNT_IPC_NAMESPACES,
  UCOUNT_NET_NAMESPACES,
  UCOUNT_MNT_NAMESPACES,
  UCOUNT_CGROUP_NAMESPACES,
  UCOUNT_TIME_NAMESPACES,
  UCOUNT_INOTIFY_INSTANCES,
  UCOUNT_INOTIFY_WATCHES,
  UCOUNT_FANOTIFY_GROUPS,
  UCOUNT_FANOTIFY_MARKS,
  UCOUNT_COUNTS,
};
enum rlimit_type {
  UCOUNT_RLIMIT_NPROC,
  UCOUNT_RLIMIT_MSGQUEUE,
  UCOUNT_RLIMIT_SIGPENDING,
  UCOUNT_RLIMIT_MEMLOCK,
};
typedef struct {
  __u32 cap[2];
} kernel_cap_t___pair; /* until 6.2 */
typedef struct {
  __u64 val;
} kernel_cap_t;
struct cred {
  kuid_t uid;
  kuid_t euid;
  kernel_cap_t cap_effective;
  struct user_struct *user;
  struct user_namespace *user_ns;
  struct ucounts *ucounts;
};

/* --- tasks and files --- */

struct upid {
  struct pid_namespace *ns;
};
struct pid {
  struct upid numbers[1];
};
struct pid_namespace {
  unsigned int pid_allocated;
};
struct net {
  struct ns_common ns;
  struct net_device *loopback_dev;
};
struct nsproxy {
  struct net *net_ns;
};
struct rlimit {
  unsigned long rlim_cur;
};
struct signal_struct {
  atomic_t live;
  int nr_threads;
  struct list_head thread_head;
  struct rlimit rlim[16];
};
struct kioctx {
  unsigned int max_reqs;
};
struct kioctx_table {
  unsigned int nr;
  struct kioctx *table[1];
};
struct mm_struct {
  struct file *exe_file;
  struct kioctx_table *ioctx_table;
};
struct fdtable {
  unsigned int max_fds;
  struct file **fd;
  unsigned long *open_fds;
};
struct files_struct {
  atomic_t count;
  struct fdtable *fdt;
};
struct task_struct {
  unsigned int flags;
  int exit_state;
  int pid;
  int tgid;
  struct task_struct *real_parent;
  struct task_struct *group_leader;
  struct list_head tasks;       /* the leaders of all processes; its head is in the first task */
  struct list_head thread_node; /* its threads; their head is in signal_struct */
  __u64 start_boottime;
  const struct cred *real_cred;
  struct mm_struct *mm;
  struct files_struct *files;
  struct css_set *cgroups;
  struct signal_struct *signal;
  struct nsproxy *nsproxy;
  struct pid *thread_pid;
};
struct qstr {
  const unsigned char *name;
};
struct dentry {
  struct qstr d_name;
};
struct path {
  struct dentry *dentry;
};
struct super_block;
struct inode {
  unsigned short i_mode;
  unsigned int i_rdev;
  struct super_block *i_sb;
};
struct file {
  unsigned int f_mode;
  const void *f_op;
  void *private_data;
  struct inode *f_inode;
  struct path f_path;
  file_ref_t f_ref; /* from 6.13: the references less one */
};
struct file___counted {
  atomic_long_t f_count;
};
struct vm_area_struct {
  struct file *vm_file;
};

/* --- inotify and fanotify --- */

struct inotify_group_private_data {
  struct ucounts *ucounts;
};
struct fanotify_group_private_data {
  int flags;
  struct ucounts *ucounts;
};
struct fsnotify_group {
  refcount_t refcnt;
  unsigned int q_len;
  unsigned int max_events;
  struct mem_cgroup *memcg;
  struct inotify_group_private_data inotify_data;
  struct fanotify_group_private_data fanotify_data;
};

/* --- files that no descriptor holds: in flight between unix sockets, registered with io_uring --- */

struct pipe_inode_info {
  unsigned int nr_accounted;
  unsigned int readers;
  struct user_struct *user;
};
struct eventpoll {
  struct user_struct *user;
  refcount_t refcount; /* from 6.4: one, and one for each that is registered */
};
struct sock_common {
  unsigned short skc_family;
};
struct sk_buff {
  struct sk_buff *next;
  char cb[48];
};
struct sk_buff_head {
  struct sk_buff *next;
  __u32 qlen;
};
struct sock_backlog {
  atomic_t rmem_alloc;
};
struct sock {
  struct sock_common __sk_common;
  struct sk_buff_head sk_receive_queue;
  struct sock_backlog sk_backlog;
  int sk_forward_alloc;
  int sk_wmem_queued;
  unsigned short sk_protocol;
};
struct socket {
  struct sock *sk;
};
struct scm_stat {
  atomic_t nr_fds;
};
struct unix_sock {
  struct scm_stat scm_stat;
};
struct scm_fp_list {
  short count;
  struct user_struct *user;
  struct file *fp[1];
};
struct unix_skb_parms {
  struct scm_fp_list *fp;
};
struct io_rsrc_node {
  unsigned long file_ptr;
};
struct io_rsrc_data___nodes {
  unsigned int nr;
  struct io_rsrc_node **nodes;
};
struct io_file_table___nodes {
  struct io_rsrc_data___nodes data;
};
struct io_ring_ctx___nodes {
  struct io_file_table___nodes file_table; /* from 6.13 */
};
struct io_fixed_file {
  unsigned long file_ptr;
};
struct io_file_table___flat {
  struct io_fixed_file *files;
};
struct io_ring_ctx___flat {
  struct io_file_table___flat file_table; /* 5.15 to 6.12 */
  unsigned int nr_user_files;
};

/* --- tables of neighbours, by way of a device and of an entry --- */

struct neigh_table {
  atomic_t gc_entries;
  struct list_head gc_list;
};
struct neigh_parms {
  struct neigh_table *tbl;
};
struct in_device {
  struct neigh_parms *arp_parms;
};
struct inet6_dev {
  struct neigh_parms *nd_parms;
};
typedef struct {
  struct net *net;
} possible_net_t;
struct net_device {
  struct in_device *ip_ptr;
  struct inet6_dev *ip6_ptr;
  possible_net_t nd_net;
};
struct neighbour {
  struct list_head gc_list;
  struct net_device *dev;
};

/* --- a map of our own, as the kernel has it --- */

struct bpf_array {
  void *pptrs[1];
};

/* --- what iterators are given --- */

struct bpf_iter__task {
  struct task_struct *task;
};
struct bpf_iter__task_vma {
  struct task_struct *task;
  struct vm_area_struct *vma;
};

#pragma clang attribute pop

/* Macros of the kernel, which BTF does not carry. */
#define PF_KTHREAD 0x00200000              /* include/linux/sched.h */
#define CSS_ONLINE 2                       /* include/linux/cgroup-defs.h */
#define FMODE_READ 0x1                     /* include/linux/fs.h: opened for reading */
#define FMODE_PATH 0x4000                  /* the same: opened with O_PATH */
#define FMODE_NOACCOUNT 0x20000000         /* the same: not counted in file-nr */
#define FANOTIFY_UNLIMITED_MARKS 0x20      /* FAN_UNLIMITED_MARKS, include/uapi/linux/fanotify.h */
#define CAP_IPC_LOCK_BIT (1U << 14)        /* include/uapi/linux/capability.h */
#define CAP_SYS_ADMIN_BIT (1U << 21)
#define CAP_SYS_RESOURCE_BIT (1U << 24)
#define INITIAL_USERNS 0xEFFFFFFDU         /* PROC_USER_INIT_INO, include/linux/proc_ns.h */
#define RLIMIT_NPROC_INDEX 6               /* include/uapi/asm-generic/resource.h */
#define RLIMIT_NOFILE_INDEX 7
#define RLIMIT_MEMLOCK_INDEX 8
#define RLIMIT_SIGPENDING_INDEX 11
#define RLIMIT_MSGQUEUE_INDEX 12
#define PID_NAMESPACE_IN_USE 0x80000000U   /* PIDNS_ADDING, include/linux/pid_namespace.h */
#define FAMILY_UNIX 1                      /* AF_UNIX */
#define FAMILY_INET 2                      /* AF_INET */
#define FAMILY_INET6 10                    /* AF_INET6 */
#define PROTOCOL_TCP 6                     /* IPPROTO_TCP */
#define PROTOCOL_UDP 17                    /* IPPROTO_UDP */
#define PTMX_DEVICE (5U << 20 | 2)         /* TTYAUX_MAJOR and 2, as MKDEV of include/linux/kdev_t.h */

/*
 * The programs are compiled twice. With DIRECT a load is one instruction, which a fault in the middle
 * of it leaves with 0; it takes bpf_rdonly_cast (Linux 6.2). Without, it is a call of a helper. Two
 * objects, because to look for a function that a kernel lacks takes CAP_SYS_ADMIN (libbpf asks every
 * module for it).
 */
#if DIRECT
extern void *bpf_rdonly_cast(const void *object, __u32 type) __ksym;
#define LOAD(type, id, field)                                                              \
  ((__u64)((struct type *)bpf_rdonly_cast((void *)(__u64)(id),                             \
                                          bpf_core_type_id_kernel(struct type)))           \
       ->field)
#else
#define LOAD(type, id, field)                           \
  ({                                                    \
    __u64 object = (id);                                \
    (__u64)BPF_CORE_READ((struct type *)object, field); \
  })
#endif

#endif
