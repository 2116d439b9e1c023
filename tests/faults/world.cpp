#include "world.hpp"

#include <fmt/format.h>

#include <cctype>
#include <string_view>

#include "catalogue/catalogue.hpp"

namespace kcommons::test {

namespace {

constexpr std::string_view kInotify = "anon_inode:inotify";
constexpr std::string_view kPodUid = "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0";
constexpr std::int64_t kHostNetwork = 4026531840;

std::string arguments(std::initializer_list<std::string_view> words) {
  std::string text;
  for (const std::string_view word : words) text += std::string(word) + '\0';
  return text;
}

std::string net_dev(int drops) {
  return fmt::format(
      "Inter-|   Receive                                                |  Transmit\n"
      " face |bytes    packets errs drop fifo frame compressed multicast|bytes\n"
      "    lo: 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n"
      "  eth0: 9 9 0 {} 0 0 0 0 0 0 0 0 0 0 0 0\n",
      drops);
}

}  // namespace

World::World() {
  add_kernel();
  add_host();
  add_docker();
  add_kubernetes();
  add_podman();
  add_others();
}

// A limit of each resource that has a sysctl, and the use of each that procfs tells.
void World::add_kernel() {
  int limit = 20000;
  for (const catalogue::Resource& row : catalogue::kResources) {
    if (row.sysctl.empty()) continue;
    std::string path(row.sysctl);
    for (char& c : path) c = c == '.' ? '/' : c;
    const bool is_triple = path.ends_with("tcp_mem") || path.ends_with("udp_mem");
    proc.sysctl(path, is_triple ? fmt::format("100\t200\t{}", ++limit) : std::to_string(++limit));
  }
  proc.file_nr(1000, 65536).total_threads(1234);
  proc.sysctl("fs/aio-nr", "17").sysctl("kernel/pty/nr", "3").sysctl("kernel/pty/reserve", "1024");
  proc.sysctl("net/netfilter/nf_conntrack_count", "55");
  const std::string table = "entries  allocs\n0000001f 00000000\n0000001f 00000000\n";
  proc.file("net/stat/arp_cache", table).file("net/stat/ndisc_cache", table);
  proc.file("net/sockstat",
            "sockets: used 12\nTCP: inuse 1 orphan 5 tw 4 alloc 1 mem 383\nUDP: inuse 2 mem 44\n");
  proc.file("net/softnet_stat",
            "00000001 00000005 0 0 0 0 0 0 0 0 0 00000003 00000000\n"
            "00000001 00000006 0 0 0 0 0 0 0 0 0 00000007 00000001\n");
  proc.file("cgroups", "#subsys_name\thierarchy\tnum_cgroups\tenabled\nmemory\t4\t60\t1\n");
  proc.file("key-users",
            "    0:    35 34/34 31/1000000 625/25000000\n 1000:     2 2/2 2/200 70/20000\n");
  sysfs.file("block/loop0/loop/backing_file", "/a\n").file("block/loop1/size", "0\n");
  sysfs.file("block/sda/size", "9\n");
  sysfs.file("class/net/br0/brif/a/port_no", "1\n").file("class/net/br0/brif/b/port_no", "2\n");
  sysfs.file("class/net/eth0/mtu", "1500\n");
  // Nobody is a stranger: passwd is read once.
  std::string passwd = "root:x:0:0::/root:/bin/sh\n";
  for (const int uid : {33, 100, 1000, 1001, 65534}) {
    passwd += fmt::format("user{0}:x:{0}:{0}::/srv:/bin/sh\n", uid);
  }
  root.file("etc/passwd", passwd);
}

void World::put_in_network(int pid, std::int64_t net_ns, int drops) {
  proc.link(fmt::format("{}/ns/net", pid), fmt::format("net:[{}]", net_ns));
  proc.file(fmt::format("{}/net/dev", pid), net_dev(drops));
}

void World::add_host() {
  proc.process(1)
      .parent(0)
      .comm("systemd")
      .cgroup("0::/init.scope\n")
      .capabilities(0x1ffffffffff)
      .fds(3)
      .fd(3, kInotify)
      .watches(3, 4)
      .fd(4, "socket:[1000]");
  put_in_network(1, kHostNetwork, 2);
  proc.process(2).kernel_thread().parent(0).comm("kthreadd");
  // Who reads: it is in the network of the host.
  proc.process(90).comm("kcommons").uid(65534).cgroup("0::/system.slice/kcommons.service\n").fds(2);
  put_in_network(90, kHostNetwork, 2);
  proc.link("self", "90");
  // The keys of 1000 are held by nobody else.
  proc.process(100)
      .comm("sshd")
      .uid(1000)
      .cgroup("0::/system.slice/ssh.service\n")
      .fds(3)
      .fd(3, "socket:[1001]");
}

void World::add_docker() {
  const std::string cgroup = "4:memory:/docker/" + id('a') + "\n0::/docker/" + id('a') + "\n";
  for (const int pid : {200, 201}) {
    proc.process(pid)
        .comm("web")
        .cgroup(cgroup)
        .fds(3)
        .fd(3, "socket:[2000]")
        .fd(4, "pipe:[2001]")
        .fd(6, "anon_inode:[eventpoll]")
        .fd(5, kInotify)
        .watches(5, 10, 9000);
    put_in_network(pid, 4026532001, 11);
  }
  proc.process(200).limits(10);
  proc.process(201).parent(200).uid(33);
  // Large, as the matrix has it: read within a budget.
  proc.process(201).fd(7, kInotify).watches(7, 60);
  root.file("var/lib/docker/containers/" + id('a') + "/config.v2.json",
            R"({"ID": ")" + id('a') + R"(", "Name": "/web", "Config": {"Image": "nginx"}})");
  // The leader has ended; a thread after unshare(CLONE_FILES).
  const std::string database = "0::/system.slice/docker-" + id('b') + ".scope\n";
  proc.process(210).comm("db").uid(1001).cgroup(database).threads({211, 212}).fds(4, "/data/x");
  proc.process(210).zombie();
  FakeProcess& unshared = proc.process(220).comm("db").uid(1001).cgroup(database).fds(2);
  unshared.private_thread(221).fds(3, "/data/private").fd(9, kInotify).watches(9, 6);
  proc.process(225).comm("db").uid(1001).cgroup(database).zombie();
  root.file("var/lib/docker/containers/" + id('b') + "/config.v2.json",
            R"({"ID": ")" + id('b') + R"(", "Name": "/db", "Config": {"Image": "pg"}})");
}

// A pod of containerd, with its shim.
void World::add_kubernetes() {
  const std::string bundles = "run/containerd/io.containerd.runtime.v2.task/k8s.io/";
  const auto bundle = [](const std::string& path, std::string_view type, std::string_view name) {
    return fmt::format(
        R"({{"annotations": {{"io.kubernetes.cri.container-type": "{}",
            "io.kubernetes.cri.container-name": "{}", "io.kubernetes.cri.image-name": "app:1",
            "io.kubernetes.cri.sandbox-id": "{}", "io.kubernetes.cri.sandbox-name": "front-0",
            "io.kubernetes.cri.sandbox-namespace": "prod",
            "io.kubernetes.cri.sandbox-uid": "{}"}}, "linux": {{"cgroupsPath": "{}"}}}})",
        type, name, id('e'), kPodUid, path);
  };
  proc.process(230).comm("containerd-shim").cgroup("0::/system.slice/containerd.service\n").fds(2);
  proc.process(230).fd(5, kInotify).watches(5, 3);
  proc.file("230/cmdline", arguments({"/usr/bin/containerd-shim-runc-v2", "-namespace", "k8s.io",
                                      "-id", id('e'), "-address", "/run/x.sock"}));
  int pid = 231;
  for (const char digit : {'e', 'f'}) {
    const std::string path = fmt::format("/kubepods/burstable/pod{}/{}", kPodUid, id(digit));
    const bool sandbox = digit == 'e';
    proc.process(pid).parent(230).comm(sandbox ? "pause" : "app").cgroup("0::" + path + "\n");
    proc.process(pid).fds(sandbox ? 1 : 4);
    put_in_network(pid, 4026532002, 7);
    root.file(bundles + id(digit) + "/config.json",
              bundle(path, sandbox ? "sandbox" : "container", sandbox ? "" : "app"));
    ++pid;
  }
  proc.process(232).uid(1000).fd(4, kInotify).watches(4, 30);
  root.link("var/log/containers/front-0_prod_app-" + id('f') + ".log", "/var/log/pods/0.log");
}

void World::add_podman() {
  proc.process(240).comm("conmon").fds(2).cgroup("0::/machine.slice/libpod-conmon-" + id('c') +
                                                 ".scope\n");
  proc.file("240/cmdline", arguments({"/usr/bin/conmon", "-c", id('c'), "-n", "api"}));
  proc.process(241).parent(240).uid(100).fds(2).cgroup("0::/machine.slice/libpod-" + id('c') +
                                                       ".scope/container\n");
  root.file("var/lib/containers/storage/overlay-containers/containers.json",
            R"([{"id": ")" + id('c') +
                R"(", "names": ["api"], "metadata": "{\"image-name\": \"api:2\"}"}])");
}

void World::add_others() {
  // runc and a machine of nspawn, whose paths do not tell.
  proc.process(250).comm("job").fds(3).cgroup("0::/jobs/night\n");
  root.file("run/runc/night/state.json",
            R"({"id": "night", "init_process_pid": 250, "init_process_start": 250,
                "cgroup_paths": {"": "/sys/fs/cgroup/jobs/night"}})");
  proc.process(260).comm("systemd-nspawn").cgroup("0::/system.slice/mail.service/supervisor\n");
  proc.file("260/cmdline", arguments({"/usr/bin/systemd-nspawn", "--keep-unit", "-M", "mail"}));
  proc.process(261).parent(260).fds(2).cgroup("0::/system.slice/mail.service/payload\n");
  root.file("run/systemd/machines/mail",
            "NAME=mail\nUNIT=mail.service\nLEADER=261\nSERVICE=systemd-nspawn\n");
  proc.process(270).comm("left").uid(33).fds(2).cgroup("0::/docker/" + id('a') + "\n");
}

void World::remove_a_cgroup() {
  proc.process(270).cgroup("0::/docker/gone (deleted)\n");
}

void World::restore_the_cgroup() {
  proc.process(270).cgroup("0::/docker/" + id('a') + "\n");
}

std::string World::kind_of(const std::string& path) const {
  std::string_view rest = path;
  std::string kind;
  const auto take = [&](const std::string& folder, std::string_view name) {
    if (!rest.starts_with(folder)) return;
    rest.remove_prefix(folder.size());
    if (rest.starts_with('/')) rest.remove_prefix(1);
    kind = name;
  };
  take(proc.path(), "");
  take(sysfs.path(), "sysfs: ");
  take(root.path(), "root: ");
  for (const char digit : {'a', 'b', 'c', 'e', 'f'}) {
    const auto at = rest.find(id(digit));
    if (at == std::string_view::npos) continue;
    return kind + std::string(rest.substr(0, at)) + "ID" + std::string(rest.substr(at + 64));
  }
  for (std::size_t i = 0; i < rest.size(); ++i) {
    if (std::isdigit(static_cast<unsigned char>(rest[i])) == 0 || rest.starts_with("sys/")) {
      kind += rest[i];
    } else if (!kind.ends_with('N')) {
      kind += 'N';
    }
  }
  return kind;
}

}  // namespace kcommons::test
