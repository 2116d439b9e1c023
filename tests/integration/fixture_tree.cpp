// fixture_tree: writes a tree that looks like the /proc of a busy machine, for the golden test.
//
//   fixture_tree FOLDER [--no-file-max | --containers COUNT]
//
// FOLDER exists and is empty. With --no-file-max fs.file-max is LONG_MAX, as systemd sets it: the
// kernel then enforces none. With --containers there are so many containers more, of Docker, with
// one process each, for an exposition of the size that a large machine has. What each process
// stands for is said where it is made; the comment "D descriptors, F files" is what a reader
// without kcmp(2), as any reader of plain files is, has to book for it
// (tests/fixtures/golden/README.md adds them up).
#include <cstdio>
#include <exception>
#include <string>
#include <string_view>

#include "fake_proc.hpp"

namespace {

using kcommons::test::FakeProc;
using kcommons::test::FakeProcess;

constexpr std::string_view kPodUid = "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0";
constexpr std::string_view kPodSlicePart = "pod0f1e2d3c_4b5a_6978_8796_a5b4c3d2e1f0.slice";
constexpr std::string_view kInotify = "anon_inode:inotify";
constexpr std::uint64_t kLongMax = 9223372036854775807;

// A container's id, of one digit so that a reader of the golden file can tell them apart.
std::string id(char digit) {
  std::string text;
  text.assign(64, digit);
  return text;
}

std::string text_of(std::initializer_list<std::string_view> parts) {
  std::string text;
  for (const std::string_view part : parts) text += part;
  return text;
}

std::string v2(std::initializer_list<std::string_view> path) {
  return "0::" + text_of(path) + "\n";
}

// All hierarchies of a machine with cgroup v1 and v2 side by side, the v2 one last.
std::string hybrid(std::string_view path) {
  std::string text;
  int hierarchy = 9;
  for (const std::string_view controller : {"name=systemd", "pids", "blkio", "freezer", "devices",
                                            "memory", "cpuset", "cpuacct", "cpu"}) {
    text += text_of({std::to_string(hierarchy--), ":", controller, ":", path, "\n"});
  }
  return text + v2({path});
}

FakeProcess& inotify(FakeProcess& process, int fd, std::uint64_t watches,
                     std::uint64_t first_inode = 0) {
  return process.fd(fd, kInotify).watches(fd, watches, first_inode);
}

void add_host(FakeProc& proc) {
  // Exceeds file-max by CAP_SYS_ADMIN, so it is no neighbour there. 5 descriptors, 5 files.
  FakeProcess& init = proc.process(1).parent(0).comm("systemd").cgroup(v2({"/init.scope"}));
  init.capabilities(0x1ffffffffff).fds(3).fd(4, "socket:[1000]");
  inotify(init, 3, 4);
  // Have no part in any number.
  proc.process(2).kernel_thread().parent(0).comm("kthreadd");
  proc.process(3).kernel_thread().comm("kworker/0:0");
  // 4, 4.
  proc.process(100)
      .comm("sshd")
      .cgroup(v2({"/system.slice/ssh.service"}))
      .fds(3)
      .fd(3, "socket:[1001]");
  // One instance at two descriptors of one table: 5, 5; 1 instance, 50 watches.
  FakeProcess& editor = proc.process(110).comm("editor").uid(1000).fds(3).cgroup(
      v2({"/user.slice/user-1000.slice/user@1000.service/app.slice/editor.service"}));
  inotify(editor, 3, 50, 7000);
  inotify(editor, 4, 50, 7000);
  // A login session; the controllers tell less than the v2 line. 3, 3.
  proc.process(120)
      .comm("bash")
      .uid(1000)
      .fds(3, "/dev/pts/0")
      .cgroup(
          "12:cpuset:/\n5:pids:/user.slice/user-1000.slice/session-3.scope\n"
          "0::/user.slice/user-1000.slice/session-3.scope\n");
  // A process directly in a slice, one in no unit at all, and the daemon of a runtime, which is no
  // container. 2, 2; 1, 1; 3, 3.
  proc.process(130).cgroup(v2({"/custom.slice"})).fds(2, "/var/log/a");
  proc.process(140).cgroup(v2({"/batch/jobs"})).fds(1);
  FakeProcess& shims = proc.process(150).comm("containerd").fds(2);
  inotify(shims.cgroup(v2({"/system.slice/containerd.service"})), 2, 3);
}

// What a process may choose itself, chosen to break a parser or the exposition.
void add_hostile(FakeProc& proc) {
  // 2, 2; 1, 1.
  proc.process(160)
      .comm("a) S 1 (\nUid:\t9\t9\t9\t9 \"\\\xff")
      .cgroup(v2({"/evil \"quoted\" back\\slash \x1b[31m \xff\xfe :x:"}))
      .fds(2, "/tmp/new\nline \"\\\xff (deleted)");
  // The kernel refuses a line break in the name of a cgroup; should one come, the rest is no line.
  proc.process(161).cgroup("0::/new\nline\n").fds(1);
}

void add_docker(FakeProc& proc) {
  // Master and worker: the socket, the pipe's end and the inotify instance are inherited and one,
  // which is seen without kcmp(2); /dev/null and epoll are counted twice. 7, 7 and 7, 4 + 1 (the
  // second link to the instance).
  for (const int pid : {200, 201}) {
    FakeProcess& process = proc.process(pid).comm("web").cgroup(hybrid("/docker/" + id('a')));
    process.fds(3).fd(3, "socket:[2000]").fd(4, "pipe:[2001]").fd(6, "anon_inode:[eventpoll]");
    inotify(process, 5, 10, 9000);
  }
  proc.process(200).limits(10);  // 7 of 10 descriptors
  proc.process(201).parent(200).uid(33);

  // The leader has ended, two threads live on with one table: 21, 21; a large instance.
  const std::string database = v2({"/system.slice/docker-", id('b'), ".scope"});
  FakeProcess& zombie = proc.process(210).comm("db").uid(1001).cgroup(database);
  zombie.threads({211, 212}).fds(20, "/data/x");
  inotify(zombie, 20, 2600).zombie();
  // A thread after unshare(CLONE_FILES): 5 + 3, 8.
  FakeProcess& unshared = proc.process(220).comm("db").uid(1001).cgroup(database).fds(5);
  unshared.private_thread(221).fds(3, "/data/private");
  // Ended and not waited for: a process without descriptors. 0, 0.
  proc.process(225).comm("db").uid(1001).cgroup(database).zombie();
  // Its cgroup is removed, and nothing else is known of it. 1, 1.
  proc.process(226).cgroup(v2({"/system.slice/docker-", id('4'), ".scope (deleted)"})).fds(1);
  // Rootless: 2, 2.
  proc.process(227).uid(1000).fds(2).cgroup(
      v2({"/user.slice/user-1000.slice/user@1000.service/user.slice/docker-", id('3'), ".scope"}));
}

void add_kubernetes(FakeProc& proc) {
  // Two instances with as many watches are two. 6, 6; 2 instances, 40 watches.
  FakeProcess& v1 = proc.process(230).comm("app").fds(4);
  v1.cgroup(hybrid(text_of({"/kubepods/burstable/pod", kPodUid, "/", id('c')})));
  inotify(v1, 4, 20);
  inotify(v1, 5, 20);
  // Shares the pools of the host's own user 1000. 4, 4; 1 instance, 30 watches.
  FakeProcess& v2_pod = proc.process(240).comm("app").uid(1000).fds(3);
  v2_pod.cgroup(v2({"/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-", kPodSlicePart,
                    "/cri-containerd-", id('d'), ".scope"}));
  inotify(v2_pod, 3, 30);
  // conmon works for the container: role runtime. 4, 4 with 1 watch; 3, 3.
  const std::string pod = text_of({"/kubepods.slice/kubepods-", kPodSlicePart});
  FakeProcess& conmon = proc.process(250).comm("conmon").fds(3);
  inotify(conmon.cgroup(v2({pod, "/crio-conmon-", id('e'), ".scope"})), 3, 1);
  proc.process(251).parent(250).fds(3).cgroup(v2({pod, "/crio-", id('e'), ".scope"}));
  // A kubelet in a container, and a container of its making. 2, 2; 3, 3.
  const std::string outer = text_of({"/system.slice/docker-", id('1'), ".scope"});
  proc.process(280).comm("kubelet").cgroup(v2({outer, "/init"})).fds(2);
  proc.process(281).comm("app").parent(280).fds(3).cgroup(
      v2({outer, "/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-", kPodSlicePart,
          "/cri-containerd-", id('2'), ".scope"}));
}

void add_others(FakeProc& proc) {
  // 4, 4 with 2 watches; 2, 2.
  FakeProcess& conmon = proc.process(260).comm("conmon").fds(3);
  inotify(conmon.cgroup(v2({"/machine.slice/libpod-conmon-", id('f'), ".scope"})), 3, 2);
  proc.process(261)
      .parent(260)
      .uid(100)
      .fds(2)
      .limits(std::nullopt)
      .cgroup(v2({"/machine.slice/libpod-", id('f'), ".scope/container"}));
  // Of another user namespace, whose owner a tree of files cannot tell: its instance is in no pool,
  // and the failure is counted. 2, 2; 4, 4.
  proc.process(270).comm("lxc").cgroup(v2({"/lxc.monitor.web1"})).fds(2);
  FakeProcess& lxc = proc.process(271).uid(100000).user_ns(4026532500).fds(3);
  inotify(lxc.uid_map("         0     100000      65536\n"), 3, 7);
  lxc.cgroup(v2({"/lxc.payload.web1/system.slice/nginx.service"}));
  // 2, 2; 3, 3.
  proc.process(300).cgroup(v2({"/machine.slice/machine-db.scope/supervisor"})).fds(2);
  proc.process(301).parent(300).fds(3).cgroup(
      v2({"/machine.slice/machine-db.scope/payload/system.slice/mysql.service"}));
}

void add_broken(FakeProc& proc) {
  // Without these files a process is taken to have ended: vanished.
  proc.process(400).fds(9);
  proc.remove("400/stat");
  proc.process(401).fds(9);
  proc.remove("401/cgroup");
  // Who it is or how old cannot be told: malformed, and in no number.
  proc.process(402).fds(9);
  proc.file("402/stat", "402 (cut of");
  proc.process(403).fds(9);
  proc.file("403/status", "\x01\x02 no such file\n");
  // One fact is lost, the rest is served: no limit (malformed), no descriptors, an instance without
  // its watches (malformed). 2, 2; none; 1, 1.
  const std::string unit = v2({"/system.slice/broken.service"});
  proc.process(404).cgroup(unit).fds(2);
  proc.file("404/limits", "Limit\n");
  proc.process(405).cgroup(unit).fds(9);
  proc.remove("405/fd");
  proc.process(406).cgroup(unit).fd(0, kInotify).fdinfo(0, "inotify wd:zz ino:1 sdev:1\n");
  // Not the name of a process.
  proc.file("4294967297/stat", "");
  proc.file("007a/stat", "");
}

void add_containers(FakeProc& proc, int count) {
  for (int i = 0; i < count; ++i) {
    std::string number = std::to_string(i);
    const std::string name = std::string(64 - number.size(), '0') + number;
    inotify(proc.process(1000 + i).cgroup(v2({"/docker/", name})).fds(3), 3, 2);
  }
}

void write_tree(const std::string& folder, bool no_file_max, int containers) {
  FakeProc proc(folder);
  proc.file_nr(600, no_file_max ? kLongMax : 1000);
  proc.sysctl("fs/inotify/max_user_instances", "128");
  proc.sysctl("fs/inotify/max_user_watches", "5000");
  add_host(proc);
  add_hostile(proc);
  add_docker(proc);
  add_kubernetes(proc);
  add_others(proc);
  add_broken(proc);
  add_containers(proc, containers);
}

}  // namespace

int main(int argc, char** argv) {
  const bool no_file_max = argc == 3 && std::string_view(argv[2]) == "--no-file-max";
  const bool has_more = argc == 4 && std::string_view(argv[2]) == "--containers";
  if (argc != 2 && !no_file_max && !has_more) {
    static_cast<void>(
        std::fputs("usage: fixture_tree FOLDER [--no-file-max | --containers COUNT]\n", stderr));
    return 2;
  }
  try {
    write_tree(argv[1], no_file_max, has_more ? std::stoi(argv[3]) : 0);
  } catch (const std::exception& error) {
    static_cast<void>(std::fprintf(stderr, "fixture_tree: %s\n", error.what()));
    return 1;
  }
  return 0;
}
