/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * Where a task is: its css_set names one cgroup per hierarchy, and each cgroup is a directory whose
 * path is told piece by piece up to the root. The path is the host's, whatever cgroup namespace the
 * daemon is in, and is read in the same step as the task.
 */
#ifndef KCOMMONS_BPF_CGROUPS_H
#define KCOMMONS_BPF_CGROUPS_H

#define MAX_DEPTH 64

struct kc_cgroup cgroup_record;
struct kc_css_set css_set_record;

static __always_inline struct kernfs_node *parent_of(struct kernfs_node *node) {
  struct kernfs_node___renamed *renamed = (void *)node;
  if (bpf_core_field_exists(renamed->__parent)) return BPF_CORE_READ(renamed, __parent);
  return BPF_CORE_READ(node, parent);
}

/* Gives the directory above, or none where nothing is left to tell. */
static __always_inline struct kernfs_node *put_directory(struct kernfs_node *node) {
  if (!node || was_told((__u64)node)) return 0;
  struct kernfs_node *parent = parent_of(node);
  cgroup_record.kind = KC_RECORD_CGROUP;
  cgroup_record.id = (__u64)node;
  cgroup_record.parent = (__u64)parent;
  long size = bpf_probe_read_kernel_str(cgroup_record.name, KC_NAME_SIZE, BPF_CORE_READ(node, name));
  /* Sent without the terminating zero. A name has at most 255 bytes; the mask tells the verifier. */
  __u64 name_size = size < 1 ? 0 : (size - 1) & (KC_NAME_SIZE - 1);
  cgroup_record.name_size = name_size;
  put(&cgroup_record, __builtin_offsetof(struct kc_cgroup, name) + name_size);
  mark_told((__u64)node);
  return parent;
}

/* The directory and those above it that were not told yet. */
__noinline int put_directories(__u64 innermost) {
  struct kernfs_node *node = (void *)innermost;
  for (int i = 0; i < MAX_DEPTH && node; i++) node = put_directory(node);
  return 0;
}

static __always_inline __u32 hierarchy_flags(struct cgroup *cgroup) {
  struct cgroup_root *root = BPF_CORE_READ(cgroup, root);
  __u32 mask = BPF_CORE_READ(root, subsys_mask);
  __u32 flags = 0;
  char name[8] = {};
  if (BPF_CORE_READ(root, hierarchy_id) == 0) return KC_HIERARCHY_DEFAULT;
  if (bpf_core_enum_value_exists(enum cgroup_subsys_id, memory_cgrp_id) &&
      mask & (1U << bpf_core_enum_value(enum cgroup_subsys_id, memory_cgrp_id)))
    flags |= KC_HIERARCHY_MEMORY;
  if (bpf_core_enum_value_exists(enum cgroup_subsys_id, pids_cgrp_id) &&
      mask & (1U << bpf_core_enum_value(enum cgroup_subsys_id, pids_cgrp_id)))
    flags |= KC_HIERARCHY_PIDS;
  bpf_probe_read_kernel(name, sizeof(name), &root->name);
  if (__builtin_memcmp(name, "systemd", 8) == 0) flags |= KC_HIERARCHY_SYSTEMD;
  return flags;
}

static __always_inline __u32 dead_flag(struct cgroup *cgroup) {
  return BPF_CORE_READ(cgroup, self.flags) & CSS_ONLINE ? 0 : KC_HIERARCHY_DEAD;
}

/* css_set and all that it names, once per walk. */
__noinline int put_css_set(__u64 id) {
  struct css_set *set = (void *)id;
  if (!set || was_told(id)) return 0;
  css_set_record.kind = KC_RECORD_CSS_SET;
  css_set_record.id = id;
  css_set_record.count = 0;
  struct list_head *head = &set->cgrp_links;
  struct list_head *at = BPF_CORE_READ(head, next);
  for (__u32 i = 0; i < KC_HIERARCHIES; i++) {
    if (!at || at == head) break;
    struct cgrp_cset_link *link =
        (void *)at - bpf_core_field_offset(struct cgrp_cset_link, cgrp_link);
    struct cgroup *cgroup = BPF_CORE_READ(link, cgrp);
    struct kernfs_node *node = BPF_CORE_READ(cgroup, kn);
    css_set_record.in[i].cgroup = (__u64)node;
    css_set_record.in[i].hierarchy = BPF_CORE_READ(cgroup, root, hierarchy_id);
    css_set_record.in[i].flags = hierarchy_flags(cgroup) | dead_flag(cgroup);
    css_set_record.count = i + 1;
    put_directories((__u64)node);
    at = BPF_CORE_READ(at, next);
  }
  put(&css_set_record, sizeof(css_set_record));
  mark_told(id);
  return 0;
}

#endif
