/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * Who is charged: struct ucounts is one user in one user namespace, with a link to the user who is
 * charged one level out (kernel/ucount.c, inc_ucount); struct user_struct is a user in all of them.
 */
#ifndef KCOMMONS_BPF_USERS_H
#define KCOMMONS_BPF_USERS_H

/* User namespaces nest at most 32 deep (kernel/user_namespace.c, create_user_ns). */
#define MAX_LEVELS 33

struct kc_ucounts ucounts_record;

/* An array whose elements are 4 or 8 bytes wide: ucount[] and ucount_max[] were ints until 5.13. */
static __always_inline __s64 element_of(const void *array, __u32 array_size, __u32 count,
                                        __u32 index) {
  __s64 wide = 0;
  if (array_size / count == 8) {
    bpf_probe_read_kernel(&wide, 8, array + 8 * index);
    return wide;
  }
  __s32 narrow = 0;
  bpf_probe_read_kernel(&narrow, 4, array + 4 * index);
  return narrow;
}

#define PUT_UCOUNT(counter, enumerator)                                                          \
  if (bpf_core_enum_value_exists(enum ucount_type, enumerator)) {                                \
    const __u32 index = bpf_core_enum_value(enum ucount_type, enumerator);                       \
    const __u32 count = bpf_core_enum_value(enum ucount_type, UCOUNT_COUNTS);                    \
    record->used[counter] =                                                                      \
        element_of(&ucounts->ucount, bpf_core_field_size(ucounts->ucount), count, index);        \
    record->limit[counter] =                                                                     \
        element_of(&ns->ucount_max, bpf_core_field_size(ns->ucount_max), count, index);          \
    record->present |= 1U << counter;                                                            \
  }

/* From 5.19 on in an array of their own; before, other kernels kept them elsewhere, and they are
 * left out. */
#define PUT_RLIMIT(counter, enumerator)                                                          \
  if (bpf_core_field_exists(ucounts->rlimit) && bpf_core_field_exists(ns->rlimit_max) &&         \
      bpf_core_enum_value_exists(enum rlimit_type, enumerator)) {                                \
    const __u32 index = bpf_core_enum_value(enum rlimit_type, enumerator);                       \
    record->used[counter] = element_of(&ucounts->rlimit, 8, 1, index);                           \
    record->limit[counter] = element_of(&ns->rlimit_max, 8, 1, index);                           \
    record->present |= 1U << counter;                                                            \
  }

/* One ucounts; gives the one it is charged to next. */
static __noinline __u64 put_one_ucounts(struct ucounts *ucounts) {
  struct kc_ucounts *record = &ucounts_record;
  struct user_namespace *ns = BPF_CORE_READ(ucounts, ns);
  struct ucounts *outer = BPF_CORE_READ(ns, ucounts);
  record->kind = KC_RECORD_UCOUNTS;
  record->id = (__u64)ucounts;
  record->outer = (__u64)outer;
  record->uid = BPF_CORE_READ(ucounts, uid.val);
  record->userns = BPF_CORE_READ(ns, ns.inum);
  record->level = BPF_CORE_READ(ns, level);
  record->present = 0;
  PUT_UCOUNT(KC_USER_NAMESPACES, UCOUNT_USER_NAMESPACES)
  PUT_UCOUNT(KC_PID_NAMESPACES, UCOUNT_PID_NAMESPACES)
  PUT_UCOUNT(KC_UTS_NAMESPACES, UCOUNT_UTS_NAMESPACES)
  PUT_UCOUNT(KC_IPC_NAMESPACES, UCOUNT_IPC_NAMESPACES)
  PUT_UCOUNT(KC_NET_NAMESPACES, UCOUNT_NET_NAMESPACES)
  PUT_UCOUNT(KC_MNT_NAMESPACES, UCOUNT_MNT_NAMESPACES)
  PUT_UCOUNT(KC_CGROUP_NAMESPACES, UCOUNT_CGROUP_NAMESPACES)
  PUT_UCOUNT(KC_TIME_NAMESPACES, UCOUNT_TIME_NAMESPACES)
  PUT_UCOUNT(KC_INOTIFY_INSTANCES, UCOUNT_INOTIFY_INSTANCES)
  PUT_UCOUNT(KC_INOTIFY_WATCHES, UCOUNT_INOTIFY_WATCHES)
  PUT_UCOUNT(KC_FANOTIFY_GROUPS, UCOUNT_FANOTIFY_GROUPS)
  PUT_UCOUNT(KC_FANOTIFY_MARKS, UCOUNT_FANOTIFY_MARKS)
  PUT_RLIMIT(KC_PROCESSES, UCOUNT_RLIMIT_NPROC)
  PUT_RLIMIT(KC_MQUEUE_BYTES, UCOUNT_RLIMIT_MSGQUEUE)
  PUT_RLIMIT(KC_PENDING_SIGNALS, UCOUNT_RLIMIT_SIGPENDING)
  PUT_RLIMIT(KC_LOCKED_MEMORY, UCOUNT_RLIMIT_MEMLOCK)
  put(record, sizeof(*record));
  mark_told((__u64)ucounts);
  return (__u64)outer;
}

/* A ucounts and those around it, each once per walk. */
__noinline int put_ucounts(__u64 ucounts) {
  for (int i = 0; i < MAX_LEVELS; i++) {
    if (!ucounts || was_told(ucounts)) return 0;
    ucounts = put_one_ucounts((void *)ucounts);
  }
  return 0;
}

static __always_inline struct ucounts *ucounts_of(const struct cred *cred) {
  if (!bpf_core_field_exists(cred->ucounts)) return 0; /* before 5.14 */
  return BPF_CORE_READ(cred, ucounts);
}

#define MAX_CPUS 8192

/* A variable of which each CPU has its own, to learn how far those of a CPU are from where per-CPU
 * pointers point: the kernel's table of that is out of reach. */
struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, __u64);
} per_cpu SEC(".maps");

/* In memory, where an address is a number. */
struct {
  __u64 map;
  __u64 of_this_cpu;
} place;

struct percpu_sum {
  __u64 counters;
  __u64 pointer; /* of the variable above */
  __s64 sum;
};

static long add_cpu(__u32 cpu, struct percpu_sum *sum) {
  __u32 key = 0;
  __s32 part = 0;
  void *mine = bpf_map_lookup_percpu_elem(&per_cpu, &key, cpu);
  if (!mine) return 1;
  place.of_this_cpu = (__u64)mine;
  barrier();
  bpf_probe_read_kernel(&part, sizeof(part),
                        (void *)(sum->counters + place.of_this_cpu - sum->pointer));
  sum->sum += part;
  return 0;
}

/* As percpu_counter_sum() does (lib/percpu_counter.c). */
static __always_inline __s64 sum_of(const struct percpu_counter *counter) {
  struct percpu_sum sum = {.counters = (__u64)BPF_CORE_READ(counter, counters),
                           .sum = BPF_CORE_READ(counter, count)};
  place.map = (__u64)&per_cpu;
  barrier();
  bpf_probe_read_kernel(&sum.pointer, sizeof(sum.pointer),
                        (void *)place.map + bpf_core_field_offset(struct bpf_array, pptrs));
  if (sum.counters && sum.pointer) bpf_loop(MAX_CPUS, add_cpu, &sum, 0);
  return sum.sum;
}

__noinline int put_user(__u64 id) {
  struct user_struct *user = (void *)id;
  struct user_struct___plain *plain = (void *)user;
  struct kc_user record = {.kind = KC_RECORD_USER, .id = id};
  if (!user || was_told(id)) return 0;
  record.uid = BPF_CORE_READ(user, uid.val);
  if (bpf_core_field_exists(user->epoll_watches.count)) {
    record.epoll_watches = sum_of(&user->epoll_watches);
    record.present |= KC_USER_HAS_EPOLL;
  } else if (bpf_core_field_exists(plain->epoll_watches.counter)) {
    record.epoll_watches = BPF_CORE_READ(plain, epoll_watches.counter);
    record.present |= KC_USER_HAS_EPOLL;
  }
  if (bpf_core_field_exists(user->unix_inflight)) {
    record.unix_inflight = BPF_CORE_READ(user, unix_inflight);
    record.present |= KC_USER_HAS_INFLIGHT;
  }
  if (bpf_core_field_exists(user->pipe_bufs)) {
    record.pipe_pages = BPF_CORE_READ(user, pipe_bufs.counter);
    record.present |= KC_USER_HAS_PIPES;
  }
  if (bpf_core_field_exists(user->locked_vm)) {
    record.locked_pages = BPF_CORE_READ(user, locked_vm.counter);
    record.present |= KC_USER_HAS_LOCKED;
  }
  put(&record, sizeof(record));
  mark_told(id);
  return 0;
}

#endif
