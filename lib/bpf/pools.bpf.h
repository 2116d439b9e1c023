/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * The credentials of all tasks, every second. The iterator would look each task up by its number and
 * take a reference, which costs twice what the credentials do: so it only gives the program a task to
 * start from, and the program goes along the kernel's own list of processes, as for_each_process()
 * does (include/linux/sched/signal.h), under RCU as there. So one iterator does for good: that takes no
 * descriptor when there are none to be had.
 */
#ifndef KCOMMONS_BPF_POOLS_H
#define KCOMMONS_BPF_POOLS_H

/* Without giving up the processor. */
#define PROCESSES_AT_ONCE (1U << 16)
#define MAX_THREADS (1U << 22)
/* Processes that are gone over again after a pause. */
#define OVERLAP 64

/* How far the walk is, by places in the lists: a task itself may be gone when the program goes on
 * after a pause. Tasks that end meanwhile move the others up, so the last few are gone over again. */
struct {
  __u32 pass;
  __u32 next_process;
  __u32 next_thread; /* of that process */
  __u64 ucounts;     /* told last, as most tasks have those of the one before */
  __u64 user;
  /* What is called looks here: the verifier takes no pointer that was loaded for an argument. */
  __u64 process;
  __u64 cred;
} pools;

struct task_scan {
  __u64 head;
  __u64 at; /* a list_head in a task */
  __u64 leader_cred;
  __u32 stopped;
};

#define TASK_OF(node, member) \
  ((struct task_struct *)((node)-bpf_core_field_offset(struct task_struct, member)))

__noinline int put_cred(void) {
  const struct cred *cred = (void *)pools.cred;
  __u64 ucounts = (__u64)ucounts_of(cred);
  __u64 user = (__u64)BPF_CORE_READ(cred, user);
  if (ucounts && ucounts != pools.ucounts) put_ucounts(ucounts);
  if (user != pools.user) put_user(user);
  pools.ucounts = ucounts;
  pools.user = user;
  return 0;
}

static long walk_thread(__u32 index, struct task_scan *scan) {
  struct task_struct *thread;
  __u64 cred;
  if (scan->at == scan->head || !scan->at) return 1;
  thread = TASK_OF(scan->at, thread_node);
  scan->at = (__u64)BPF_CORE_READ(thread, thread_node.next);
  if (index < pools.next_thread) return 0;
  cred = (__u64)BPF_CORE_READ(thread, real_cred);
  if (cred == scan->leader_cred) return 0;
  if (!has_room()) {
    scan->stopped = 1;
    return 1;
  }
  pools.cred = cred;
  put_cred();
  pools.next_thread = index + 1;
  return 0;
}

/* The threads of a process that have other credentials than its leader. True when it is done. */
__noinline int walk_threads(void) {
  struct task_struct *leader = (void *)pools.process;
  struct task_scan scan = {
      .head = (__u64)BPF_CORE_READ(leader, signal) +
              bpf_core_field_offset(struct signal_struct, thread_head),
      .leader_cred = (__u64)BPF_CORE_READ(leader, real_cred),
  };
  scan.at = (__u64)BPF_CORE_READ(leader, signal, thread_head.next);
  bpf_loop(MAX_THREADS, walk_thread, &scan, 0);
  if (scan.stopped) return 0;
  pools.next_thread = 0;
  return 1;
}

static long walk_process(__u32 index, struct task_scan *scan) {
  __u64 task, thread, cred;
  if (scan->at == scan->head || !scan->at) return 1;
  task = (__u64)TASK_OF(scan->at, tasks);
  scan->at = LOAD(task_struct, task, tasks.next);
  if (index + OVERLAP < pools.next_process) return 0;
  cred = LOAD(task_struct, task, real_cred);
  thread = LOAD(task_struct, task, thread_node.next);
  if (!has_room()) {
    scan->stopped = 1;
    return 1;
  }
  if (index > pools.next_process) {
    pools.next_process = index;
    pools.next_thread = 0;
  }
  pools.process = task;
  pools.cred = cred;
  if (LOAD(cred, cred, ucounts) != pools.ucounts ||
      LOAD(cred, cred, user) != pools.user)
    put_cred();
  /* One thread alone has the head on both sides. */
  if (index >= pools.next_process &&
      thread != LOAD(task_struct, task, thread_node.prev) && !walk_threads()) {
    scan->stopped = 1;
    return 1;
  }
  return 0;
}

SEC("iter/task")
int walk_pools(struct bpf_iter__task *context) {
  struct task_struct *task = context->task;
  struct task_scan scan = {};
  struct task_struct *first;
  if (!task) return 0;
  if (pools.pass != control.pass) {
    __builtin_memset(&pools, 0, sizeof(pools));
    pools.pass = control.pass;
  }
  if (!has_room()) return 1;
  /* The first task of all, which has the list's head. */
  host.task = (__u64)task;
  find_first_task();
  first = (void *)host.first;
  if (!first) return 0;
  scan.head = (__u64)first + bpf_core_field_offset(struct task_struct, tasks);
  scan.at = (__u64)BPF_CORE_READ(first, tasks.next);
  bpf_loop(pools.next_process + PROCESSES_AT_ONCE, walk_process, &scan, 0);
  if (scan.stopped || (scan.at && scan.at != scan.head)) return 1;
  put_host(0);
  control.pools_told = control.pass;
  /* Not 0: the iterator stays at this task, and the next walk needs no other. */
  return 1;
}

#endif
