/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * Descriptor tables, by words of the bitmap that tells which descriptors are open.
 *
 * Most of the time of a walk goes into waiting for memory: each file is somewhere else. So a word is
 * gone through field by field, with little between the loads, and the processor has many of them
 * under way at once.
 */
#ifndef KCOMMONS_BPF_TABLES_H
#define KCOMMONS_BPF_TABLES_H

/* Read anew each time: verifiers before 6.3 follow what is known of each bit of a value that stays in
 * a register, through all 2^64 ways. */
#define OPEN (*(volatile __u64 *)&walk.open)
#define IS_OPEN(bit) (OPEN & 1UL << (bit))
#define FOR_EACH_OPEN(bit)                                              \
  _Pragma("clang loop unroll(disable)") for (__u32 bit = 0; bit < WORD; bit++) \
    if (IS_OPEN(bit))

__noinline int load_files(void) {
  if (bpf_core_field_exists(((struct file *)0)->f_ref)) {
    FOR_EACH_OPEN(bit) {
      walk.f_ops[bit] = LOAD(file, walk.descriptors[bit], f_op);
      walk.others[bit] = LOAD(file, walk.descriptors[bit], f_ref.refcnt.counter);
    }
  } else {
    FOR_EACH_OPEN(bit) {
      walk.f_ops[bit] = LOAD(file, walk.descriptors[bit], f_op);
      walk.others[bit] = LOAD(file___counted, walk.descriptors[bit], f_count.counter) - 1;
    }
  }
  return 0;
}

#define FOR_EACH_SOCKET(i)                                            \
  _Pragma("clang loop unroll(disable)") for (__u32 i = 0; i < WORD; i++) \
    if (i >= walk.socket_count)                                           \
      break;                                                              \
    else

/* Of a socket, 0 unless it is a Unix one in whose queue descriptors wait. Older kernels do not count
 * what waits: there all of them stay. */
static __always_inline __u64 queue_of(__u64 sk, __u32 i) {
  __u64 family = LOAD(sock, sk, __sk_common.skc_family);
  /* Loaded before it is known to be a count, so that both are under way at once. */
  __u64 waiting = bpf_core_field_exists(((struct unix_sock *)0)->scm_stat)
                      ? LOAD(unix_sock, sk, scm_stat.nr_fds.counter)
                      : 1;
  walk.internet[i & (WORD - 1)] = family == FAMILY_INET || family == FAMILY_INET6 ? sk : 0;
  return family == FAMILY_UNIX && waiting ? sk : 0;
}

#if DIRECT
__noinline int load_queues(void) {
  FOR_EACH_SOCKET(i) walk.sockets[i] = LOAD(file, walk.sockets[i], private_data);
  FOR_EACH_SOCKET(i) walk.sockets[i] = LOAD(socket, walk.sockets[i], sk);
  FOR_EACH_SOCKET(i) walk.sockets[i] = queue_of(walk.sockets[i], i);
  return 0;
}
#else
__noinline int load_queue(__u32 index) {
  __u32 i = index & (WORD - 1);
  __u64 socket = LOAD(file, walk.sockets[i], private_data);
  walk.sockets[i] = queue_of(LOAD(socket, socket, sk), i);
  return 0;
}

__noinline int load_queues(void) {
  FOR_EACH_SOCKET(i) load_queue(i);
  return 0;
}
#endif

#define FOR_EACH_PIPE(i)                                            \
  _Pragma("clang loop unroll(disable)") for (__u32 i = 0; i < WORD; i++) \
    if (i >= walk.pipe_count)                                           \
      break;                                                              \
    else

__noinline int load_pipes(void) {
  FOR_EACH_PIPE(i) {
    walk.pipe_ends[i] = LOAD(file, walk.pipes[i], f_mode);
    walk.pipe_data[i] = LOAD(file, walk.pipes[i], private_data);
  }
  FOR_EACH_PIPE(i) {
    walk.pipe_readers[i] = LOAD(pipe_inode_info, walk.pipe_data[i], readers);
    walk.pipe_pages[i] = LOAD(pipe_inode_info, walk.pipe_data[i], nr_accounted);
    walk.pipe_users[i] = LOAD(pipe_inode_info, walk.pipe_data[i], user);
  }
  return 0;
}

/* Most pipes have one reader and are its user's: their pages are added up here. */
__noinline int count_pipe(__u32 index) {
  __u32 i = index & (WORD - 1);
  int is_reader = walk.pipe_ends[i] & FMODE_READ ? 1 : 0;
  if (is_reader && walk.pipe_readers[i] == 1 && walk.pipe_users[i] == walk.user)
    walk.table.pipe_pages += walk.pipe_pages[i];
  else if (is_reader || !walk.pipe_readers[i])
    put_object(walk.pipes[i], KC_FILE_PIPE);
  return 0;
}

static __always_inline void count_pipes(void) {
  if (!walk.pipe_count) return;
  load_pipes();
  FOR_EACH_PIPE(i) count_pipe(i);
}

#define IS_UNUSUAL(type)                                                                   \
  (1U << (type) & (1U << KC_FILE_TYPES | 1U << KC_FILE_IO_URING | 1U << KC_FILE_INOTIFY | \
                   1U << KC_FILE_FANOTIFY | 1U << KC_FILE_EPOLL | 1U << KC_FILE_PTY))
#define HAS_OBJECT (1U << KC_FILE_PIPE | 1U << KC_FILE_EPOLL | 1U << KC_FILE_PTY)

/* What is called from the loop is not inlined, so that the verifier goes through it once. */
static __always_inline __u32 known_type(__u64 f_op) {
  __u32 slot = CACHE_SLOT(f_op);
  return walk.cached_f_ops[slot] == f_op ? walk.cached_types[slot] : KC_FILE_TYPES;
}

static __always_inline void collect_socket(__u64 file) {
  walk.sockets[walk.socket_count++ & (WORD - 1)] = file;
}

static __always_inline void collect_pipe(__u64 file) {
  walk.pipes[walk.pipe_count++ & (WORD - 1)] = file;
}

static __always_inline void collect_ring(__u64 file) {
  walk.rings[walk.ring_count++ & (WORD - 1)] = file;
}

/* Files that are shared, of a type that is looked into, or of one that is not known yet. */
__noinline int walk_unusual(__u32 index) {
  __u32 bit = index & (WORD - 1);
  __u64 file = walk.descriptors[bit];
  __u32 type = known_type(walk.f_ops[bit]);
  if (type == KC_FILE_TYPES) type = type_of(file, walk.f_ops[bit]);
  if (type == KC_FILE_SOCKET) collect_socket(file);
  if (type == KC_FILE_IO_URING) collect_ring(file);
  if (walk.is_counted) return 0;
  walk.table.by_type[type & (KC_FILE_TYPE_SLOTS - 1)]++;
  if (walk.others[bit])
    put_file((void *)file, KC_HELD_BY_DESCRIPTOR, walk.table.pid);
  else
    walk.table.unshared++;
  if (is_group(type)) put_group(file, type);
  if (1U << type & HAS_OBJECT) put_object(file, type);
  return 0;
}

static __always_inline void walk_descriptor(__u32 bit, __u32 once) {
  __u32 type = known_type(walk.f_ops[bit]);
  if (walk.others[bit] || IS_UNUSUAL(type)) {
    walk_unusual(bit);
    return;
  }
  walk.table.by_type[type & (KC_FILE_TYPE_SLOTS - 1)] += once;
  walk.table.unshared += once;
  if (type == KC_FILE_SOCKET) collect_socket(walk.descriptors[bit]);
  if (type == KC_FILE_PIPE && once) collect_pipe(walk.descriptors[bit]);
}

#if DIRECT
#define WALK_DESCRIPTOR walk_descriptor
#else
/* The verifiers of kernels that need the helpers do not get through the loop otherwise. */
__noinline int walk_descriptor_by_call(__u32 index, __u32 once) {
  walk_descriptor(index & (WORD - 1), once);
  return 0;
}
#define WALK_DESCRIPTOR walk_descriptor_by_call
#endif

__noinline int walk_descriptors(void) {
  __u32 once = walk.is_counted ? 0 : 1;
  FOR_EACH_OPEN(bit) WALK_DESCRIPTOR(bit, once);
  count_pipes();
  walk.is_counted = 1;
  return 0;
}

static long scan_holder(__u32 holder, void *nothing) {
  __u32 ring = holder - walk.socket_count;
  int done = 1;
  if (holder < walk.next_holder) return 0;
  if (holder >= walk.socket_count)
    done = scan_ring(walk.rings[ring & (WORD - 1)]);
  else if (walk.sockets[holder & (WORD - 1)])
    done = scan_queue(walk.sockets[holder & (WORD - 1)]);
  if (walk.pending_count) put_pending_groups();
  if (!done) return 1;
  walk.next_holder = holder + 1;
  walk.next_held = 0;
  return 0;
}

/* What the sockets and rings of the word hold; true when it is done. */
static __always_inline int scan_holders(void) {
  __u32 count = walk.socket_count + walk.ring_count;
  if (!count) return 1;
  load_queues();
  FOR_EACH_SOCKET(i) {
    if (walk.internet[i]) put_socket(i);
  }
  bpf_loop(count, scan_holder, 0, 0);
  return walk.next_holder >= count;
}

static __always_inline void begin_word(__u32 number) {
  walk.next_word = number;
  walk.is_counted = 0;
  walk.next_holder = 0;
  walk.next_held = 0;
}

/* Of the word under way: what is open, and the files. */
static __always_inline void read_word(struct fdtable *fdt) {
  __u32 first = walk.next_word * WORD;
  walk.socket_count = 0;
  walk.pipe_count = 0;
  walk.ring_count = 0;
  walk.open = 0;
  bpf_probe_read_kernel(&walk.open, 8, (void *)BPF_CORE_READ(fdt, open_fds) + first / 8);
  if (!walk.open) return;
  if (bpf_probe_read_kernel(walk.descriptors, sizeof(walk.descriptors),
                            (void *)BPF_CORE_READ(fdt, fd) + 8UL * first))
    walk.open = 0;
  /* A descriptor is taken before there is a file behind it. */
  FOR_EACH_OPEN(bit) {
    if (!walk.descriptors[bit]) OPEN &= ~(1UL << bit);
  }
}

static long walk_word(__u32 index, struct fdtable **table) {
  struct fdtable *fdt = *table;
  if (!has_room()) {
    walk.has_room = 0;
    return 1;
  }
  read_word(fdt);
  if (walk.open) {
    load_files();
    walk_descriptors();
    if (!scan_holders()) {
      walk.has_room = 0;
      return 1;
    }
  }
  begin_word(walk.next_word + 1);
  return 0;
}

/* A piece of the table; true when it was the last. */
static __always_inline int walk_piece(struct files_struct *files) {
  struct fdtable *fdt = BPF_CORE_READ(files, fdt);
  __u32 words = BPF_CORE_READ(fdt, max_fds) / WORD;
  __u32 left = words > walk.next_word ? words - walk.next_word : 0;
  __u32 count = left < WORDS_AT_ONCE ? left : WORDS_AT_ONCE;
  walk.has_room = 1;
  bpf_loop(count, walk_word, &fdt, 0);
  return walk.has_room && walk.next_word >= words;
}

#endif
