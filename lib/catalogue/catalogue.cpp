#include "catalogue/catalogue.hpp"

#include <algorithm>

namespace kcommons::catalogue {

namespace {

constexpr std::string_view kOwnerOfUserNs =
    "another UID; a user namespace only if another UID owns it";
constexpr std::string_view kUcounts = "struct ucounts, by bpf";
constexpr std::string_view kUserStruct = "struct user_struct, by bpf";

// One row for each kind of namespace; they differ in name alone.
constexpr Resource namespaces(ResourceId id, std::string_view name, std::string_view unit,
                              std::string_view sysctl, std::string_view since) {
  return {.id = id,
          .name = name,
          .unit = unit,
          .scope = Scope::kUser,
          .charged = Charged::kEffectiveUid,
          .sysctl = sysctl,
          .limit = sysctl,
          .use = kUcounts,
          .isolation = Isolation::kUserNamespace,
          .isolated_by = kOwnerOfUserNs,
          .since = since,
          .error = "ENOSPC",
          .symptom =
              "clone and unshare fail: a container does not start, a sandbox of a browser or "
              "a build does not either",
          .bpf = Accuracy::kNone,
          .procfs = Accuracy::kNone,
          .remedy = "look for containers that are started and never ended",
          .bytes_each = 4096};
}

}  // namespace

constexpr std::array<Resource, kResourceCount> kResources{{
    {.id = ResourceId::kOpenFiles,
     .name = "open_files",
     .unit = "open files",
     .scope = Scope::kHost,
     .bypass = Bypass::kSysAdmin,
     .sysctl = "fs.file-max",
     .limit = "fs.file-max",
     .use = "fs.file-nr",
     .isolated_by = "nothing; RLIMIT_NOFILE bounds one process, the memory cgroup the bytes",
     .error = "ENFILE",
     .symptom =
         "open, socket, pipe, accept and all else that makes a file fail with \"Too many open "
         "files in system\"",
     .bpf = Accuracy::kExact,
     .procfs = Accuracy::kEstimate,
     .remedy = "bound the top holder with a lower nofile ulimit",
     .bytes_each = 222},
    {.id = ResourceId::kInotifyInstances,
     .name = "inotify_instances",
     .unit = "inotify instances",
     .scope = Scope::kUser,
     .charged = Charged::kEffectiveUid,
     .sysctl = "fs.inotify.max_user_instances",
     .limit = "fs.inotify.max_user_instances",
     .use = "struct ucounts, by bpf; fdinfo, at least",
     .isolation = Isolation::kUserNamespace,
     .isolated_by = kOwnerOfUserNs,
     .since = "4.13",
     .error = "EMFILE",
     .symptom =
         "inotify_init fails with \"Too many open files\": tail -f, kubelet, systemd and file "
         "watchers do not start",
     .bpf = Accuracy::kExact,
     .procfs = Accuracy::kEstimate,
     .remedy = "look for a program that makes an instance for each file it watches",
     .bytes_each = 1024},
    {.id = ResourceId::kInotifyWatches,
     .name = "inotify_watches",
     .unit = "inotify watches",
     .scope = Scope::kUser,
     .charged = Charged::kEffectiveUid,
     .sysctl = "fs.inotify.max_user_watches",
     .limit = "fs.inotify.max_user_watches",
     .use = "struct ucounts, by bpf; fdinfo, at least",
     .isolation = Isolation::kUserNamespace,
     .isolated_by = kOwnerOfUserNs,
     .since = "4.13",
     .error = "ENOSPC",
     .symptom =
         "inotify_add_watch fails with \"No space left on device\": tail -f, kubelet and file "
         "watchers, with the disk half empty",
     .bpf = Accuracy::kExact,
     .procfs = Accuracy::kEstimate,
     .remedy = "look for a debug mode or a development server that watches a whole tree",
     .bytes_each = 1232},
    {.id = ResourceId::kInotifyQueuedEvents,
     .name = "inotify_queued_events",
     .unit = "inotify events not yet read",
     .scope = Scope::kObject,
     .sysctl = "fs.inotify.max_queued_events",
     .limit = "fs.inotify.max_queued_events when the instance was made",
     .use = "the fullest queue, by bpf",
     .isolated_by = "every instance has a queue of its own; the limit is one for all",
     .error = "IN_Q_OVERFLOW",
     .symptom = "events are lost, and the reader is told so by an event without a name",
     .bpf = Accuracy::kExact,
     .procfs = Accuracy::kNone,
     .remedy = "look at the reader that does not keep up; instances made before keep their limit",
     .bytes_each = 64},
    {.id = ResourceId::kFanotifyGroups,
     .name = "fanotify_groups",
     .unit = "fanotify groups",
     .scope = Scope::kUser,
     .charged = Charged::kEffectiveUid,
     .sysctl = "fs.fanotify.max_user_groups",
     .limit = "fs.fanotify.max_user_groups",
     .use = kUcounts,
     .isolation = Isolation::kUserNamespace,
     .isolated_by = kOwnerOfUserNs,
     .since = "5.13",
     .error = "EMFILE",
     .symptom =
         "fanotify_init fails with \"Too many open files\": virus scanners and security agents "
         "do not start",
     .bpf = Accuracy::kExact,
     .procfs = Accuracy::kNone,
     .remedy = "look for an agent that makes a group for each container",
     .bytes_each = 1024},
    {.id = ResourceId::kFanotifyMarks,
     .name = "fanotify_marks",
     .unit = "fanotify marks",
     .scope = Scope::kUser,
     .charged = Charged::kEffectiveUid,
     .sysctl = "fs.fanotify.max_user_marks",
     .limit = "fs.fanotify.max_user_marks",
     .use = kUcounts,
     .isolation = Isolation::kUserNamespace,
     .isolated_by = kOwnerOfUserNs,
     .since = "5.13",
     .error = "ENOSPC",
     .symptom = "fanotify_mark fails with \"No space left on device\"",
     .bpf = Accuracy::kExact,
     .procfs = Accuracy::kNone,
     .remedy = "let the agent mark mounts or file systems in place of single files",
     .bytes_each = 1232},
    {.id = ResourceId::kEpollWatches,
     .name = "epoll_watches",
     .unit = "epoll registrations",
     .scope = Scope::kUid,
     .charged = Charged::kRealUid,
     .sysctl = "fs.epoll.max_user_watches",
     .limit = "fs.epoll.max_user_watches",
     .use = kUserStruct,
     .isolated_by = "another UID; a user namespace does not",
     .error = "ENOSPC",
     .symptom = "epoll_ctl fails with \"No space left on device\": servers do not take connections",
     .bpf = Accuracy::kExact,
     .procfs = Accuracy::kNone,
     .remedy = "look for a server that keeps what it has closed registered",
     .bytes_each = 200},
    {.id = ResourceId::kPipePages,
     .name = "pipe_pages",
     .unit = "pages of pipe buffers",
     .scope = Scope::kUid,
     .charged = Charged::kRealUid,
     .bypass = Bypass::kSysAdminOrResource,
     .sysctl = "fs.pipe-user-pages-soft",
     .limit = "fs.pipe-user-pages-soft",
     .use = kUserStruct,
     .isolated_by = "another UID; a user namespace does not",
     .since = "4.5",
     .error = "small pipes",
     .symptom = "new pipes silently hold 2 pages in place of 16 and F_SETPIPE_SZ fails with EPERM: "
                "programs that write much before anybody reads get slow or stand still",
     .bpf = Accuracy::kExact,
     .procfs = Accuracy::kNone,
     .remedy = "look for a program that keeps pipes of children which have ended",
     .bytes_each = 4096},
    {.id = ResourceId::kAioEvents,
     .name = "aio_events",
     .unit = "AIO events",
     .scope = Scope::kHost,
     .sysctl = "fs.aio-max-nr",
     .limit = "fs.aio-max-nr",
     .use = "fs.aio-nr",
     .isolated_by = "nothing",
     .error = "EAGAIN",
     .symptom = "io_setup fails: databases do not start, or fall back to slow I/O",
     .bpf = Accuracy::kExact,
     .procfs = Accuracy::kNone,
     .remedy = "bound the number of I/O threads of the database",
     .bytes_each = 64},
    {.id = ResourceId::kThreads,
     .name = "threads",
     .unit = "threads",
     .scope = Scope::kHost,
     .sysctl = "kernel.threads-max",
     .limit = "kernel.threads-max",
     .use = "loadavg",
     .isolated_by = "nothing; the pids cgroup bounds a container",
     .since = "4.3",
     .error = "EAGAIN",
     .symptom = "fork and pthread_create fail with \"Resource temporarily unavailable\", for "
                "everybody, root included",
     .bpf = Accuracy::kExact,
     .procfs = Accuracy::kExact,
     .remedy = "give the top holder a pids limit",
     .bytes_each = 24576},
    {.id = ResourceId::kPids,
     .name = "pids",
     .unit = "PIDs of the initial PID namespace",
     .scope = Scope::kHost,
     .sysctl = "kernel.pid_max",
     .limit = "kernel.pid_max",
     .use = "struct pid_namespace, by bpf; loadavg, at least",
     .isolation = Isolation::kPidNamespace,
     .isolated_by = "nothing: a PID namespace has a limit of its own, and takes the host's PIDs as "
                    "well; the pids cgroup bounds a container",
     .since = "6.14",
     .error = "EAGAIN",
     .symptom = "fork and pthread_create fail with \"Resource temporarily unavailable\", for "
                "everybody, root included",
     .bpf = Accuracy::kExact,
     .procfs = Accuracy::kExact,
     .remedy = "give the top holder a pids limit",
     .bytes_each = 24576},
    {.id = ResourceId::kUserProcesses,
     .name = "user_processes",
     .unit = "threads of a user",
     .scope = Scope::kUser,
     .charged = Charged::kRealUid,
     .bypass = Bypass::kRootOrAdminOrResource,
     .sysctl = "",
     .limit = "RLIMIT_NPROC, the lowest of those charged",
     .use = "struct ucounts, by bpf; status of all processes",
     .isolation = Isolation::kUserNamespace,
     .isolated_by = kOwnerOfUserNs,
     .since = "5.14",
     .error = "EAGAIN",
     .symptom =
         "fork and pthread_create fail with \"Resource temporarily unavailable\" for one UID in "
         "all containers",
     .bpf = Accuracy::kExact,
     .procfs = Accuracy::kExact,
     .remedy = "raise the nproc ulimit of the containers that fail",
     .bytes_each = 24576},
    {.id = ResourceId::kPendingSignals,
     .name = "pending_signals",
     .unit = "queued signals",
     .scope = Scope::kUser,
     .charged = Charged::kRealUid,
     .sysctl = "",
     .limit = "RLIMIT_SIGPENDING, the lowest of those charged",
     .use = "struct ucounts, by bpf; SigQ of status",
     .isolation = Isolation::kUserNamespace,
     .isolated_by = kOwnerOfUserNs,
     .since = "5.14",
     .error = "EAGAIN",
     .symptom = "sigqueue and timer_create fail with \"Resource temporarily unavailable\"",
     .bpf = Accuracy::kNone,
     .procfs = Accuracy::kNone,
     .remedy = "raise the sigpending ulimit, and look for a process that blocks what it is sent",
     .bytes_each = 80},
    {.id = ResourceId::kMqueueBytes,
     .name = "mqueue_bytes",
     .unit = "bytes of POSIX message queues",
     .scope = Scope::kUser,
     .charged = Charged::kRealUid,
     .sysctl = "",
     .limit = "RLIMIT_MSGQUEUE, the lowest of those charged",
     .use = kUcounts,
     .isolation = Isolation::kUserNamespace,
     .isolated_by = "another UID; a user namespace only if another UID owns it; an IPC namespace "
                    "bounds the number of queues alone",
     .since = "5.14",
     .error = "EMFILE",
     .symptom = "mq_open fails with \"Too many open files\"",
     .bpf = Accuracy::kNone,
     .procfs = Accuracy::kNone,
     .remedy = "raise the msgqueue ulimit, and look for queues that nobody has unlinked",
     .bytes_each = 1},
    {.id = ResourceId::kLockedMemoryBytes,
     .name = "locked_memory_bytes",
     .unit = "bytes of locked shared memory",
     .scope = Scope::kUser,
     .charged = Charged::kRealUid,
     .bypass = Bypass::kIpcLock,
     .sysctl = "",
     .limit = "RLIMIT_MEMLOCK, the lowest of those charged",
     .use = kUcounts,
     .isolation = Isolation::kUserNamespace,
     .isolated_by = kOwnerOfUserNs,
     .since = "5.14",
     .error = "ENOMEM",
     .symptom =
         "shmctl SHM_LOCK fails with \"Cannot allocate memory\", shmget SHM_HUGETLB with EPERM: "
         "databases do not start",
     .bpf = Accuracy::kNone,
     .procfs = Accuracy::kNone,
     .remedy = "raise the memlock ulimit of the containers that fail",
     .bytes_each = 1},
    {.id = ResourceId::kPinnedMemoryBytes,
     .name = "pinned_memory_bytes",
     .unit = "bytes pinned for io_uring, perf, XDP or RDMA",
     .scope = Scope::kUid,
     .charged = Charged::kRealUid,
     .bypass = Bypass::kIpcLock,
     .sysctl = "",
     .limit = "RLIMIT_MEMLOCK, the lowest of those charged",
     .use = kUserStruct,
     .isolated_by = "another UID; a user namespace does not",
     .error = "ENOMEM",
     .symptom =
         "io_uring_setup or io_uring_register fails with \"Cannot allocate memory\", mmap of "
         "perf buffers with EPERM",
     .bpf = Accuracy::kNone,
     .procfs = Accuracy::kNone,
     .remedy = "raise the memlock ulimit of the containers that fail",
     .bytes_each = 1},
    {.id = ResourceId::kUnixInflight,
     .name = "unix_inflight",
     .unit = "descriptors on their way through Unix sockets",
     .scope = Scope::kUid,
     .charged = Charged::kRealUid,
     .bypass = Bypass::kSysAdminOrResource,
     .sysctl = "",
     .limit = "RLIMIT_NOFILE, the lowest of those charged",
     .use = kUserStruct,
     .isolated_by = "another UID; a user namespace does not",
     .since = "4.5",
     .error = "ETOOMANYREFS",
     .symptom = "sendmsg with SCM_RIGHTS fails with \"Too many references: cannot splice\"",
     .bpf = Accuracy::kEstimate,
     .procfs = Accuracy::kNone,
     .remedy = "look for a receiver that does not read, or raise the nofile ulimit",
     .bytes_each = 222},
    {.id = ResourceId::kKeys,
     .name = "keys",
     .unit = "kernel keys",
     .scope = Scope::kUid,
     .charged = Charged::kEffectiveUid,
     .sysctl = "kernel.keys.maxkeys",
     .limit = "kernel.keys.maxkeys, of root kernel.keys.root_maxkeys",
     .use = "/proc/key-users",
     .isolated_by = "another UID; a user namespace does not",
     .error = "EDQUOT",
     .symptom =
         "a container does not start: \"Disk quota exceeded\", for want of a session keyring",
     .bpf = Accuracy::kNone,
     .procfs = Accuracy::kNone,
     .remedy = "every container takes a keyring: have fewer of one UID, or runc --no-new-keyring",
     .bytes_each = 300},
    {.id = ResourceId::kKeyBytes,
     .name = "key_bytes",
     .unit = "bytes of kernel keys",
     .scope = Scope::kUid,
     .charged = Charged::kEffectiveUid,
     .sysctl = "kernel.keys.maxbytes",
     .limit = "kernel.keys.maxbytes, of root kernel.keys.root_maxbytes",
     .use = "/proc/key-users",
     .isolated_by = "another UID; a user namespace does not",
     .error = "EDQUOT",
     .symptom =
         "a container does not start: \"Disk quota exceeded\", for want of a session keyring",
     .bpf = Accuracy::kNone,
     .procfs = Accuracy::kNone,
     .remedy = "every container takes a keyring: have fewer of one UID, or runc --no-new-keyring",
     .bytes_each = 1},
    {.id = ResourceId::kPtys,
     .name = "ptys",
     .unit = "pseudo terminals",
     .scope = Scope::kHost,
     .sysctl = "kernel.pty.max",
     .limit = "kernel.pty.max less kernel.pty.reserve, which is the host's own",
     .use = "kernel.pty.nr",
     .isolated_by = "nothing; the mount option max= of a container's devpts bounds it",
     .error = "ENOSPC",
     .symptom = "opening /dev/ptmx fails with \"No space left on device\": docker exec -t, ssh and "
                "terminals in containers fail, and on the host when the reserve is used up too",
     .bpf = Accuracy::kExact,
     .procfs = Accuracy::kNone,
     .remedy = "look for sessions that were left open",
     .bytes_each = 16384},
    namespaces(ResourceId::kUserNamespaces, "user_namespaces", "user namespaces",
               "user.max_user_namespaces", "4.9"),
    namespaces(ResourceId::kPidNamespaces, "pid_namespaces", "PID namespaces",
               "user.max_pid_namespaces", "4.9"),
    namespaces(ResourceId::kUtsNamespaces, "uts_namespaces", "UTS namespaces",
               "user.max_uts_namespaces", "4.9"),
    namespaces(ResourceId::kIpcNamespaces, "ipc_namespaces", "IPC namespaces",
               "user.max_ipc_namespaces", "4.9"),
    namespaces(ResourceId::kNetNamespaces, "net_namespaces", "network namespaces",
               "user.max_net_namespaces", "4.9"),
    namespaces(ResourceId::kMntNamespaces, "mnt_namespaces", "mount namespaces",
               "user.max_mnt_namespaces", "4.9"),
    namespaces(ResourceId::kCgroupNamespaces, "cgroup_namespaces", "cgroup namespaces",
               "user.max_cgroup_namespaces", "4.9"),
    namespaces(ResourceId::kTimeNamespaces, "time_namespaces", "time namespaces",
               "user.max_time_namespaces", "5.6"),
    {.id = ResourceId::kNeighboursIpv4,
     .name = "neighbours_ipv4",
     .unit = "ARP entries",
     .scope = Scope::kHost,
     .sysctl = "net.ipv4.neigh.default.gc_thresh3",
     .limit = "net.ipv4.neigh.default.gc_thresh3",
     .use = "/proc/net/stat/arp_cache",
     .isolated_by = "nothing: one table for all network namespaces",
     .error = "ENOBUFS",
     .symptom =
         "packets to new addresses are lost, \"neighbour: arp_cache: neighbor table overflow!\" "
         "in the kernel's log",
     .bpf = Accuracy::kExact,
     .procfs = Accuracy::kNone,
     .remedy = "route between networks in place of one large segment",
     .bytes_each = 512},
    {.id = ResourceId::kNeighboursIpv6,
     .name = "neighbours_ipv6",
     .unit = "IPv6 neighbour entries",
     .scope = Scope::kHost,
     .sysctl = "net.ipv6.neigh.default.gc_thresh3",
     .limit = "net.ipv6.neigh.default.gc_thresh3",
     .use = "/proc/net/stat/ndisc_cache",
     .isolated_by = "nothing: one table for all network namespaces",
     .error = "ENOBUFS",
     .symptom = "packets to new addresses are lost, \"neighbour: ndisc_cache: neighbor table "
                "overflow!\" in the kernel's log",
     .bpf = Accuracy::kExact,
     .procfs = Accuracy::kNone,
     .remedy = "route between networks in place of one large segment",
     .bytes_each = 512},
    {.id = ResourceId::kPacketBacklog,
     .name = "packet_backlog",
     .unit = "packets that wait for a CPU",
     .scope = Scope::kObject,
     .sysctl = "net.core.netdev_max_backlog",
     .limit = "net.core.netdev_max_backlog, for each CPU",
     .use = "the fullest CPU of /proc/net/softnet_stat",
     .isolated_by = "nothing",
     .error = "drops",
     .symptom =
         "packets to and from containers are lost, whoever sent too many: timeouts, ARP that "
         "is not answered",
     .bpf = Accuracy::kNone,
     .procfs = Accuracy::kNone,
     .remedy = "spread the load over CPUs with RPS, and look at the container that receives most",
     .bytes_each = 1024},
    {.id = ResourceId::kBridgePorts,
     .name = "bridge_ports",
     .unit = "ports of a bridge",
     .scope = Scope::kObject,
     .sysctl = "",
     .limit = "1023, fixed: a port number has 10 bits",
     .use = "the fullest bridge of /sys/class/net",
     .isolated_by = "another bridge",
     .error = "EXFULL",
     .symptom = "a container does not start: \"exchange full\" when its interface joins the bridge",
     .bpf = Accuracy::kNone,
     .procfs = Accuracy::kNone,
     .remedy = "spread the containers over several networks",
     .bytes_each = 4096},
    {.id = ResourceId::kTcpMemoryPages,
     .name = "tcp_memory_pages",
     .unit = "pages of TCP buffers",
     .scope = Scope::kHost,
     .sysctl = "net.ipv4.tcp_mem",
     .limit = "the third value of net.ipv4.tcp_mem",
     .use = "/proc/net/sockstat",
     .isolated_by = "nothing; the memory cgroup bounds the bytes",
     .error = "stalls",
     .symptom = "connections stall or are reset, \"TCP: out of memory\" in the kernel's log",
     .bpf = Accuracy::kEstimate,
     .procfs = Accuracy::kNone,
     .remedy = "look for a receiver that does not read what it is sent",
     .bytes_each = 4096},
    {.id = ResourceId::kUdpMemoryPages,
     .name = "udp_memory_pages",
     .unit = "pages of UDP buffers",
     .scope = Scope::kHost,
     .sysctl = "net.ipv4.udp_mem",
     .limit = "the third value of net.ipv4.udp_mem",
     .use = "/proc/net/sockstat",
     .isolated_by = "nothing; the memory cgroup bounds the bytes",
     .error = "drops",
     .symptom = "datagrams are lost on arrival: the drops of /proc/net/udp",
     .bpf = Accuracy::kEstimate,
     .procfs = Accuracy::kNone,
     .remedy = "look for a receiver that does not read what it is sent",
     .bytes_each = 4096},
    {.id = ResourceId::kTcpOrphans,
     .name = "tcp_orphans",
     .unit = "TCP connections without a socket",
     .scope = Scope::kHost,
     .sysctl = "net.ipv4.tcp_max_orphans",
     .limit = "net.ipv4.tcp_max_orphans",
     .use = "/proc/net/sockstat",
     .isolated_by = "nothing",
     .error = "RST",
     .symptom = "closed connections are reset before what was sent arrives, \"too many orphaned "
                "sockets\" in the kernel's log",
     .bpf = Accuracy::kNone,
     .procfs = Accuracy::kNone,
     .remedy = "look for a server whose clients go away without a word",
     .bytes_each = 4096},
    {.id = ResourceId::kConntrackEntries,
     .name = "conntrack_entries",
     .unit = "connections tracked for the host's network",
     .scope = Scope::kHost,
     .sysctl = "net.netfilter.nf_conntrack_max",
     .limit = "net.netfilter.nf_conntrack_max",
     .use = "net.netfilter.nf_conntrack_count",
     .isolation = Isolation::kNetNamespace,
     .isolated_by =
         "a network namespace, for traffic that does not pass the host's NAT; memory and "
         "hash table stay shared",
     .error = "drops",
     .symptom = "new connections are lost, \"nf_conntrack: table full, dropping packet\" in the "
                "kernel's log",
     .bpf = Accuracy::kNone,
     .procfs = Accuracy::kNone,
     .remedy = "look for a container that opens many short connections",
     .bytes_each = 320},
    {.id = ResourceId::kMemoryCgroups,
     .name = "memory_cgroups",
     .unit = "memory cgroups, removed ones that still hold pages included",
     .scope = Scope::kHost,
     .sysctl = "",
     .limit = "65535, fixed: a cgroup's number in the kernel has 16 bits",
     .use = "/proc/cgroups",
     .isolated_by = "nothing; cgroup.max.descendants bounds a subtree",
     .error = "ENOSPC",
     .symptom =
         "a container does not start: mkdir in the cgroup tree fails with \"No space left on "
         "device\"",
     .bpf = Accuracy::kNone,
     .procfs = Accuracy::kNone,
     .remedy = "free removed cgroups by dropping caches, and look for jobs that make one per run",
     .bytes_each = 65536},
    {.id = ResourceId::kLoopDevices,
     .name = "loop_devices",
     .unit = "loop devices that are bound",
     .scope = Scope::kHost,
     .sysctl = "",
     .limit = "the minor numbers: 2^20, less with the max_part parameter of the module",
     .use = "/sys/block",
     .isolated_by = "nothing; the device cgroup hides them",
     .error = "EBUSY",
     .symptom = "losetup and mount -o loop find no free device",
     .bpf = Accuracy::kNone,
     .procfs = Accuracy::kNone,
     .remedy = "look for images that were never unmounted",
     .bytes_each = 8192},
}};

namespace {

constexpr bool rows_stand_at_their_id() {
  for (std::size_t i = 0; i < kResources.size(); ++i) {
    if (index_of(kResources[i].id) != i || kResources[i].name.empty()) return false;
  }
  return true;
}
static_assert(rows_stand_at_their_id());

std::string cell(std::string_view text) {
  return " " + std::string(text.empty() ? "–" : text) + " |";
}

std::string_view attributed(const Resource& row) {
  if (row.bpf == Accuracy::kNone) {
    return row.scope == Scope::kUser || row.scope == Scope::kUid ? "by UID" : "–";
  }
  if (row.procfs == Accuracy::kNone) return row.bpf == Accuracy::kExact ? "bpf" : "bpf, estimate";
  return row.procfs == Accuracy::kExact ? "both" : "bpf; procfs, estimate";
}

}  // namespace

std::string_view name_of(Scope scope) {
  switch (scope) {
    case Scope::kHost:
      return "host";
    case Scope::kUser:
      return "user";
    case Scope::kUid:
      return "uid";
    case Scope::kObject:
      return "each";
  }
  return "";
}

std::string_view name_of(Accuracy accuracy) {
  switch (accuracy) {
    case Accuracy::kNone:
      return "none";
    case Accuracy::kEstimate:
      return "estimate";
    case Accuracy::kExact:
      return "exact";
  }
  return "";
}

std::optional<ResourceId> find_resource(std::string_view name) {
  const auto* const row = std::ranges::find(kResources, name, &Resource::name);
  if (row == kResources.end()) return std::nullopt;
  return row->id;
}

std::string resources_markdown() {
  std::string text =
      "| resource | scope | limit | isolated by | a victim sees | holders |\n"
      "| --- | --- | --- | --- | --- | --- |\n";
  for (const Resource& row : kResources) {
    text += "| `" + std::string(row.name) + "` |" + cell(name_of(row.scope)) + cell(row.limit) +
            cell(row.isolated_by) + cell(row.error) + cell(attributed(row)) + "\n";
  }
  return text;
}

}  // namespace kcommons::catalogue
