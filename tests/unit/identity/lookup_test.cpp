#include "identity/lookup.hpp"

#include <catch2/catch.hpp>

#include "fake_proc.hpp"
#include "fixtures.hpp"
#include "tree.hpp"

using namespace kcommons;
using namespace kcommons::identity;
using cgroup::Container;
using cgroup::Runtime;

namespace {

const std::string kId = "eb777e9ae8296357ccf25666fe1f35a79f49682b7ba5c56b127bb1c16384deee";
const std::string kConfig = "var/lib/docker/containers/" + kId + "/config.v2.json";

Answer ask(const test::Tree& tree, const Question& question, std::set<Source> off = {}) {
  Lookup lookup({.rootfs = tree.root(),
                 .procfs = "/nothing",
                 .roots = test::usual_roots(),
                 .off = std::move(off),
                 .labels = {"team"}});
  lookup.refresh();
  return lookup.ask(question);
}

Question about(Runtime runtime, const std::string& id, const std::string& path) {
  Question question;
  question.container = Container{.runtime = runtime, .id = id};
  question.cgroup_path = path;
  question.oldest = {.pid = Pid(14200), .start_time = 1};
  return question;
}

}  // namespace

TEST_CASE("the trace tells where each name comes from", "[identity]") {
  const test::Tree tree;
  tree.file(kConfig, test::fixture("runtime/docker.config.v2.json"));
  const Answer answer = ask(tree, about(Runtime::kOci, kId, "/eco/" + kId));
  CHECK(answer.complete);
  CHECK(answer.container->runtime == Runtime::kDocker);
  REQUIRE(answer.trace.size() == 2);
  CHECK(answer.trace[0].source == Source::kCgroup);
  CHECK(answer.trace[0].where == "/eco/" + kId);
  CHECK(answer.trace[1].source == Source::kDocker);
  CHECK(answer.trace[1].where == "/" + kConfig);
  CHECK(answer.trace[1].facts.container == "eco-web");
}

TEST_CASE("a container seen before its files is not complete, and says what is missing",
          "[identity]") {
  const test::Tree tree;
  const Answer answer = ask(tree, about(Runtime::kDocker, kId, "/docker/" + kId));
  CHECK_FALSE(answer.complete);
  CHECK(answer.container->id == kId);
  CHECK(answer.names.container.empty());
  REQUIRE(answer.trace.size() == 2);
  CHECK(answer.trace[1].error.find("No such file") != std::string::npos);
}

TEST_CASE("a file about another container names nothing", "[identity]") {
  const test::Tree tree;
  const std::string other(64, 'a');
  tree.file("var/lib/docker/containers/" + other + "/config.v2.json",
            test::fixture("runtime/docker.config.v2.json"));
  const Answer answer = ask(tree, about(Runtime::kDocker, other, "/docker/" + other));
  CHECK_FALSE(answer.complete);
  CHECK(answer.names.container.empty());
  CHECK(answer.trace.back().error.find(kId) != std::string::npos);
}

TEST_CASE("labels of Kubernetes count only in the pod that the cgroup says", "[identity]") {
  const test::Tree tree;
  tree.file(kConfig, R"({"ID": ")" + kId + R"(", "Name": "/k8s_x", "Config": {"Labels": {
      "io.kubernetes.docker.type": "container", "io.kubernetes.container.name": "nginx",
      "io.kubernetes.pod.name": "web-0", "io.kubernetes.pod.uid": "0f1e"}}})");
  Question question = about(Runtime::kDocker, kId, "/docker/" + kId);
  CHECK(ask(tree, question).names.pod.empty());
  question.container->pod_uid = "0f1e";
  CHECK(ask(tree, question).names.pod == "web-0");
  question.container->pod_uid = "other";
  CHECK(ask(tree, question).names.pod.empty());
}

TEST_CASE("labels are kept that somebody wants, and no others", "[identity]") {
  const test::Tree tree;
  tree.file(kConfig, R"({"ID": ")" + kId + R"(", "Name": "/web", "Config": {"Labels": {
      "team": "payments", "secret": "x"}}})");
  const Answer answer = ask(tree, about(Runtime::kDocker, kId, "/docker/" + kId));
  const std::map<std::string, std::string> team{{"team", "payments"}};
  CHECK(answer.names.labels == team);
  CHECK(answer.trace.back().facts.labels == team);
}

TEST_CASE("a source that is off is not asked", "[identity]") {
  const test::Tree tree;
  tree.file(kConfig, test::fixture("runtime/docker.config.v2.json"));
  const Answer answer =
      ask(tree, about(Runtime::kDocker, kId, "/docker/" + kId), {Source::kDocker});
  CHECK(answer.names.container.empty());
  CHECK(answer.trace.size() == 1);
}

TEST_CASE("ids that are no file names are asked about without harm", "[identity]") {
  const test::Tree tree;
  tree.file("var/lib/docker/secret/config.v2.json", test::fixture("runtime/docker.config.v2.json"));
  for (const std::string& id :
       {std::string("../secret"), std::string(".."), std::string("a/b"), std::string(300, 'x'),
        std::string("x"), std::string("\0x", 2), std::string("\xff\n\"")}) {
    const Answer answer = ask(tree, about(Runtime::kOci, id, "/eco/x"));
    CHECK(answer.names.container.empty());
    CHECK_FALSE(answer.complete);
  }
}

TEST_CASE("docker's bundle tells whose a container in a pod's cgroup is", "[identity]") {
  const test::Tree tree;
  const std::string uid = "3e2b1a90-0000-4000-8000-000000000001";
  const std::string path = "/kubepods/burstable/pod" + uid + "/" + kId;
  tree.file("run/containerd/io.containerd.runtime.v2.task/moby/" + kId + "/config.json",
            R"({"linux": {"cgroupsPath": ")" + path + R"("}})");
  tree.file(kConfig, R"({"ID": ")" + kId + R"(", "Name": "/k8s_app_web", "Config": {"Labels": {
      "io.kubernetes.docker.type": "container", "io.kubernetes.container.name": "app",
      "io.kubernetes.pod.name": "web", "io.kubernetes.pod.namespace": "shop",
      "io.kubernetes.pod.uid": ")" +
                         uid + R"("}}})");
  Question question = about(Runtime::kContainerdCri, kId, path);
  question.container->pod_uid = uid;
  const Answer answer = ask(tree, question);
  CHECK(answer.complete);
  CHECK(answer.container->runtime == Runtime::kDocker);
  CHECK(answer.container->pod_uid == uid);
  CHECK(answer.names.runtime == Runtime::kDocker);
  CHECK(answer.names.container == "app");
  CHECK(answer.names.pod == "web");
  CHECK(answer.names.pod_namespace == "shop");
  // Docker's own file tells it too; without either it is what the path says it is.
  const Answer bare = ask(tree, question, {Source::kBundle});
  CHECK(bare.container->runtime == Runtime::kDocker);
  CHECK(bare.names.container == "app");
  const Answer nothing = ask(tree, question, {Source::kBundle, Source::kDocker});
  CHECK(nothing.container->runtime == Runtime::kContainerdCri);
  question.container->runtime = Runtime::kContainerd;
  CHECK(ask(tree, question, {Source::kBundle}).container->runtime == Runtime::kContainerd);
}

TEST_CASE("a unit of the host has no container and is not asked about again", "[identity]") {
  const test::Tree tree;
  Question question;
  question.cgroup_path = "/system.slice/ssh.service";
  question.oldest = {.pid = Pid(7), .start_time = 1};
  const Answer answer = ask(tree, question);
  CHECK(answer.complete);
  CHECK_FALSE(answer.container);
}

TEST_CASE("a pod's shim names its sandbox and none of its containers", "[identity]") {
  const test::Tree tree;
  test::FakeProc proc;
  proc.process(500);
  proc.file("500/cmdline", test::parent_of("cri-containerd-systemd-container"));
  Lookup lookup({.rootfs = tree.root(),
                 .procfs = proc.path(),
                 .roots = test::usual_roots(),
                 .off = {},
                 .labels = {}});
  lookup.refresh();
  Question question = about(Runtime::kContainerdCri, kId, "/kubepods/podx/" + kId);
  question.parent = ProcessName{.pid = Pid(500), .start_time = 500};
  const Answer answer = lookup.ask(question);
  CHECK(answer.container->id == kId);
  REQUIRE(answer.helper);
  CHECK(answer.helper->container.id ==
        "f678be3ccaee67851fbb2b506dac5a251036edb2c4d23bbb1f18093471979d05");
  question.container.reset();
  CHECK_FALSE(lookup.ask(question).container);
  // Another process has its number by now.
  question.parent->start_time = 7;
  CHECK_FALSE(lookup.ask(question).helper);
}

TEST_CASE("a container of ctr is told by its id and containerd's namespace", "[identity]") {
  const test::Tree tree;
  tree.file("run/containerd/io.containerd.runtime.v2.task/eco/eco-ctr2/config.json",
            test::fixture("oci/v1hybrid.ctr.oci-config.json"));
  Question question;
  question.cgroup_path = "/eco/eco-ctr2";
  const Answer answer = ask(tree, question);
  CHECK(answer.complete);
  REQUIRE(answer.container);
  CHECK(answer.container->space == "eco");
  CHECK(answer.names.container == "eco-ctr2");
  CHECK(answer.names.pod_namespace == "eco");
}

TEST_CASE("docker's files are found where users are mapped too", "[identity]") {
  const test::Tree tree;
  tree.file("var/lib/docker/200000.200000/containers/" + kId + "/config.v2.json",
            test::fixture("runtime/docker.config.v2.json"));
  const Answer answer = ask(tree, about(Runtime::kDocker, kId, "/docker/" + kId));
  CHECK(answer.names.container == "eco-web");
}

TEST_CASE("kubelet's logs name a container of a pod where nothing else does", "[identity]") {
  const test::Tree tree;
  tree.link("var/log/containers/web_shop_nginx-" + kId + ".log", "/nowhere");
  Question question = about(Runtime::kCriO, kId, "/kubepods/podx/crio-" + kId);
  CHECK(ask(tree, question).names.pod.empty());
  question.container->pod_uid = "x";
  const Answer answer = ask(tree, question);
  CHECK(answer.names.pod == "web");
  CHECK(answer.names.pod_namespace == "shop");
  CHECK(answer.names.container == "nginx");
  CHECK(answer.complete);
}

TEST_CASE("machined tells the machine of a service, and of none of its other cgroups",
          "[identity]") {
  const test::Tree tree;
  tree.file("run/systemd/machines/vm", "NAME=vm\nUNIT=keep.service\nSERVICE=systemd-nspawn\n");
  Question question;
  question.oldest = {.pid = Pid(7), .start_time = 1};
  question.cgroup_path = "/system.slice/keep.service/payload/init.scope";
  const Answer answer = ask(tree, question);
  REQUIRE(answer.container);
  CHECK(answer.container->id == "vm");
  CHECK(answer.container->runtime == Runtime::kSystemdNspawn);
  question.cgroup_path = "/system.slice/keep.service/supervisor";
  CHECK_FALSE(ask(tree, question).container);
  question.cgroup_path =
      "/user.slice/user-1000.slice/user@1000.service/app.slice/keep.service/payload";
  question.session = Uid(1000);
  CHECK_FALSE(ask(tree, question).container);
}

TEST_CASE("machines that share a payload are claimed one by one, and one alone has it all",
          "[identity]") {
  test::FakeProc proc;
  for (const int pid : {500, 501, 502, 600, 601, 602}) proc.process(pid);
  const auto nspawn = [&](int pid, const std::string& machine) {
    const std::string arguments[] = {"systemd-nspawn", "--keep-unit", "-M", machine};
    std::string text;
    for (const std::string& argument : arguments) text += argument + '\0';
    proc.file(std::to_string(pid) + "/cmdline", text);
  };
  nspawn(500, "first");
  proc.file("502/cmdline", std::string("bash\0", 5));
  const test::Tree tree;
  Lookup lookup(
      {.rootfs = tree.root(), .procfs = proc.path(), .roots = {}, .off = {}, .labels = {}});
  lookup.refresh();
  const auto process = [](int pid) {
    return ProcessName{.pid = Pid(pid), .start_time = static_cast<std::uint64_t>(pid)};
  };
  Question question;
  question.cgroup_path = "/payload";
  question.oldest = process(600);
  question.parent = process(500);
  question.members = {{.process = process(600), .parent = process(500)},
                      {.process = process(602), .parent = process(502)}};
  const Answer alone = lookup.ask(question);
  REQUIRE(alone.container);
  CHECK(alone.container->id == "first");
  CHECK(alone.claims.empty());
  nspawn(501, "second");
  question.members.push_back({.process = process(601), .parent = process(501)});
  const Answer shared = lookup.ask(question);
  CHECK_FALSE(shared.container);
  REQUIRE(shared.claims.size() == 2);
  CHECK(shared.claims[0].names.container == "first");
  CHECK(shared.claims[1].names.container == "second");
  CHECK(shared.claims[1].init == process(601));
}

TEST_CASE("what runc has left of a dead container names nobody in its cgroup", "[identity]") {
  const test::Tree tree;
  tree.file("run/runc/mine/state.json", R"({"id": "mine", "init_process_pid": 500,
      "init_process_start": 77, "config": {"cgroups": {"path": "/mine"}}})");
  const auto about_it = [&](const test::FakeProc& proc) {
    Lookup lookup({.rootfs = tree.root(),
                   .procfs = proc.path(),
                   .roots = test::usual_roots(),
                   .off = {},
                   .labels = {}});
    lookup.refresh();
    Question question;
    question.cgroup_path = "/mine";
    question.oldest = {.pid = Pid(600), .start_time = 600};
    return lookup.ask(question);
  };
  test::FakeProc nobody;
  nobody.process(600);
  const Answer dead = about_it(nobody);
  CHECK_FALSE(dead.container);
  CHECK(dead.trace.at(0).error.find("No such process") != std::string::npos);
  test::FakeProc another;
  another.process(500).start_time(78);
  CHECK_FALSE(about_it(another).container);
  test::FakeProc same;
  same.process(500).start_time(77);
  CHECK(about_it(same).container->id == "mine");
}
