/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* The walks themselves: which tasks are processes, and what is told of each. */
#ifndef KCOMMONS_BPF_TASKS_H
#define KCOMMONS_BPF_TASKS_H

/* What the program saw in its last call, in the same walk. */
struct {
  __u64 task; /* so that a process is not told again when its task is shown again */
  __u64 mapped;
  __u32 pass;
  __u32 kernel_threads;
} last;

/* True in the first call of a walk. */
static __always_inline int begin_call(void) {
  if (last.pass == control.pass) return 0;
  __builtin_memset(&last, 0, sizeof(last));
  /* A module that was unloaded leaves its place to another's operations. */
  __builtin_memset(walk.cached_f_ops, 0, sizeof(walk.cached_f_ops));
  last.pass = control.pass;
  return 1;
}

static __always_inline void begin_holdings(struct task_struct *task) {
  host.task = (__u64)task;
  find_first_task();
  walk_neighbours(0);
  walk_neighbours(1);
}

#define MAX_AIO_CONTEXTS 1024

static long put_aio_context(__u32 index, struct kc_object *record) {
  struct kioctx *context = 0;
  bpf_probe_read_kernel(&context, sizeof(context), (void *)record->id + 8UL * index);
  if (!context) return 0;
  struct kc_object one = *record;
  one.id = (__u64)context;
  one.amount = BPF_CORE_READ(context, max_reqs);
  put(&one, sizeof(one));
  return 0;
}

/* What io_setup(2) has made, of the whole address space. */
static __always_inline void put_aio_contexts(struct task_struct *living, __s32 pid) {
  struct kioctx_table *table = BPF_CORE_READ(living, mm, ioctx_table);
  struct kc_object record = {.kind = KC_RECORD_OBJECT, .type = KC_OBJECT_AIO, .pid = pid};
  __u32 count;
  if (!table) return;
  count = BPF_CORE_READ(table, nr);
  record.id = (__u64)table + bpf_core_field_offset(struct kioctx_table, table);
  bpf_loop(count < MAX_AIO_CONTEXTS ? count : MAX_AIO_CONTEXTS, put_aio_context, &record, 0);
}

static __always_inline __u32 capability_flags(const struct cred *cred) {
  const kernel_cap_t___pair *pair = (void *)&cred->cap_effective;
  __u32 low = 0;
  /* The first 32 capabilities, in either shape. */
  bpf_probe_read_kernel(&low, sizeof(low), pair);
  __u32 flags = (low & CAP_SYS_ADMIN_BIT ? KC_PROCESS_SYS_ADMIN : 0) |
                (low & CAP_SYS_RESOURCE_BIT ? KC_PROCESS_SYS_RESOURCE : 0) |
                (low & CAP_IPC_LOCK_BIT ? KC_PROCESS_IPC_LOCK : 0);
  return flags && BPF_CORE_READ(cred, user_ns, ns.inum) == INITIAL_USERNS ? flags : 0;
}

/* `living` is a thread of the process that still has its memory: a leader may have exited before. */
static __always_inline void put_process(struct task_struct *task, struct task_struct *living) {
  const struct cred *cred = BPF_CORE_READ(task, real_cred);
  struct signal_struct *signal = BPF_CORE_READ(task, signal);
  struct css_set *set = BPF_CORE_READ(task, cgroups);
  struct file *exe = BPF_CORE_READ(living, mm, exe_file);
  struct ucounts *ucounts = ucounts_of(cred);
  struct kc_process record = {.kind = KC_RECORD_PROCESS};
  put_css_set((__u64)set);
  put_ucounts((__u64)ucounts);
  put_user((__u64)BPF_CORE_READ(cred, user));
  record.pid = BPF_CORE_READ(task, tgid);
  record.parent = BPF_CORE_READ(task, real_parent, tgid);
  record.start_ns = BPF_CORE_READ(task, start_boottime);
  record.css_set = (__u64)set;
  record.ucounts = (__u64)ucounts;
  record.uid = BPF_CORE_READ(cred, uid.val);
  record.effective_uid = BPF_CORE_READ(cred, euid.val);
  record.userns = BPF_CORE_READ(cred, user_ns, ns.inum);
  record.live_threads = BPF_CORE_READ(signal, live.counter);
  record.threads = BPF_CORE_READ(signal, nr_threads);
  record.netns = BPF_CORE_READ(living, nsproxy, net_ns, ns.inum);
  record.descriptor_limit = BPF_CORE_READ(signal, rlim[RLIMIT_NOFILE_INDEX].rlim_cur);
  record.process_limit = BPF_CORE_READ(signal, rlim[RLIMIT_NPROC_INDEX].rlim_cur);
  record.signal_limit = BPF_CORE_READ(signal, rlim[RLIMIT_SIGPENDING_INDEX].rlim_cur);
  record.mqueue_limit = BPF_CORE_READ(signal, rlim[RLIMIT_MSGQUEUE_INDEX].rlim_cur);
  record.memlock_limit = BPF_CORE_READ(signal, rlim[RLIMIT_MEMLOCK_INDEX].rlim_cur);
  record.flags = capability_flags(cred);
  if (BPF_CORE_READ(task, exit_state) != 0) record.flags |= KC_PROCESS_ZOMBIE;
  if (exe && !(BPF_CORE_READ(exe, f_mode) & FMODE_NOACCOUNT)) record.exe = (__u64)exe;
  put(&record, sizeof(record));
  put_aio_contexts(living, record.pid);
}

static __always_inline void begin_table(struct task_struct *task, struct files_struct *files) {
  __builtin_memset(&walk.table, 0, sizeof(walk.table));
  walk.files = (__u64)files;
  walk.pending_count = 0;
  begin_word(0);
  walk.table.kind = KC_RECORD_TABLE;
  walk.table.id = (__u64)files;
  walk.table.pid = BPF_CORE_READ(task, tgid);
  walk.table.thread = BPF_CORE_READ(task, pid);
  struct user_struct *user = BPF_CORE_READ(task, real_cred, user);
  walk.user = (__u64)user;
  walk.table.pipe_uid = BPF_CORE_READ(user, uid.val);
}

static __always_inline int is_leader(struct task_struct *task) {
  return BPF_CORE_READ(task, pid) == BPF_CORE_READ(task, tgid);
}

/* A thread has its process's table, unless it has unshared it or the leader has exited. */
static __always_inline int has_table_of_leader(struct task_struct *task,
                                               struct files_struct *files) {
  return !is_leader(task) && BPF_CORE_READ(task, group_leader, files) == files;
}

/* A process is told before what it holds, also where a thread of it comes first: PIDs wrap. */
static __always_inline void put_process_of(struct task_struct *task) {
  struct task_struct *leader = BPF_CORE_READ(task, group_leader);
  if (!is_leader(task) && was_told((__u64)leader)) return;
  put_process(leader, task);
  if (!is_leader(task)) mark_told((__u64)leader);
}

SEC("iter/task")
int walk_holdings(struct bpf_iter__task *context) {
  struct task_struct *task = context->task;
  struct files_struct *files;
  if (!task) {
    put_host(last.kernel_threads);
    return 0;
  }
  if (begin_call()) begin_holdings(task);
  if (BPF_CORE_READ(task, flags) & PF_KTHREAD) {
    last.kernel_threads++;
    return 0;
  }
  files = BPF_CORE_READ(task, files);
  if (files && has_table_of_leader(task, files)) return 0;
  if (!has_room()) return 1;
  if (last.task != (__u64)task) {
    last.task = (__u64)task;
    walk.files = 0;
    put_process_of(task);
  }
  if (!files) return 0;
  if (walk.files != (__u64)files) {
    begin_table(task, files);
    if (BPF_CORE_READ(files, count.counter) > 1 && was_told((__u64)files)) {
      walk.table.repeated = 1;
      put(&walk.table, sizeof(walk.table));
      return 0;
    }
  }
  if (!walk_piece(files)) return 1;
  put(&walk.table, sizeof(walk.table));
  mark_told((__u64)files);
  return 0;
}

SEC("iter/task_vma")
int walk_mappings(struct bpf_iter__task_vma *context) {
  struct task_struct *task = context->task;
  struct vm_area_struct *area = context->vma;
  struct file *file;
  if (!task || !area) return 0;
  if (!has_room()) return 1;
  begin_call();
  file = BPF_CORE_READ(area, vm_file);
  /* A library is mapped in several pieces, one after the other. */
  if (!file || (__u64)file == last.mapped) return 0;
  last.mapped = (__u64)file;
  if (BPF_CORE_READ(file, f_mode) & FMODE_NOACCOUNT) return 0;
  put_file(file, KC_HELD_BY_MAPPING, BPF_CORE_READ(task, tgid));
  return 0;
}

static long put_calibration(__u32 index, struct fdtable **table) {
  struct fdtable *fdt = *table;
  struct file *file = 0;
  struct kc_calibration record = {.kind = KC_RECORD_CALIBRATION, .fd = index};
  bpf_probe_read_kernel(&file, sizeof(file), (void *)BPF_CORE_READ(fdt, fd) + 8UL * index);
  if (!file) return 0;
  record.f_op = (__u64)BPF_CORE_READ(file, f_op);
  record.super = (__u64)BPF_CORE_READ(file, f_inode, i_sb);
  put(&record, sizeof(record));
  return 0;
}

SEC("iter/task")
int calibrate(struct bpf_iter__task *context) {
  struct task_struct *task = context->task;
  struct fdtable *fdt;
  __u32 count;
  if (!task || BPF_CORE_READ(task, pid) != control.calibrate_pid) return 0;
  fdt = BPF_CORE_READ(task, files, fdt);
  count = BPF_CORE_READ(fdt, max_fds);
  bpf_loop(count < 1024 ? count : 1024, put_calibration, &fdt, 0);
  return 0;
}

#endif
