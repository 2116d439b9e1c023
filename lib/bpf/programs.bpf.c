/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * The programs of the bpf census: three walks over all tasks. What they find goes out by the ring
 * buffer; the iterator itself only drives them and prints nothing, so that the kernel has nothing
 * to roll back. When the ring buffer is nearly full, or a table is long, a program answers 1: read(2)
 * gives EAGAIN, the daemon empties the buffer and reads on, and the same task is shown again.
 *
 * One daemon runs one walk at a time, so what the programs remember between two calls is global.
 */
#include "kernel.bpf.h"
#include "records.h"
/* In the order in which each needs the ones before. */
#include "output.bpf.h"
#include "cgroups.bpf.h"
#include "users.bpf.h"
#include "files.bpf.h"
#include "held.bpf.h"
#include "tables.bpf.h"
#include "host.bpf.h"
#include "tasks.bpf.h"
#include "pools.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";
