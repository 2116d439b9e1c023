#include "identity/believed.hpp"

#include <catch2/catch.hpp>

using namespace kcommons;
using namespace kcommons::identity;
using census::Census;
using cgroup::Container;
using cgroup::Placement;
using cgroup::Role;
using cgroup::Runtime;

namespace {

// A census of which each process is older than the next.
class Made final {
 public:
  Made() { census_.user_namespaces.push_back({.inode = kInitialUserNs}); }

  std::uint32_t cgroup(const std::string& path, std::optional<Container> container = std::nullopt,
                       std::optional<std::uint32_t> session = std::nullopt) {
    Placement placement;
    placement.path = path;
    placement.container = std::move(container);
    placement.session_uid = session;
    if (!placement.container) placement.unit = path;
    census_.placements.push_back(std::move(placement));
    return static_cast<std::uint32_t>(census_.placements.size() - 1);
  }
  void process(int pid, int parent, std::uint32_t placement, std::uint32_t uid = 0) {
    census::ProcessRecord record;
    record.pid = Pid(pid);
    record.parent = Pid(parent);
    record.start_time = static_cast<std::uint64_t>(pid) * 10;
    record.placement = placement;
    record.user_ns = 0;
    record.real_uid = Uid(uid);
    record.effective_uid = Uid(uid);
    census_.processes.push_back(record);
  }
  Census& census() { return census_; }
  [[nodiscard]] const Placement& placement_of(int pid) const {
    for (const auto& record : census_.processes) {
      if (record.pid == Pid(pid)) return census_.placements[record.placement];
    }
    throw std::runtime_error("no such process");
  }
  [[nodiscard]] std::string id_of(int pid) const {
    const auto& container = placement_of(pid).container;
    return container ? container->id : "";
  }

 private:
  Census census_;
};

ProcessName name(int pid) {
  return {.pid = Pid(pid), .start_time = static_cast<std::uint64_t>(pid) * 10};
}

Container docker(const std::string& id) {
  return {.runtime = Runtime::kDocker, .id = id};
}
Container podman(const std::string& id) {
  return {.runtime = Runtime::kPodman, .id = id};
}

Answer named(const Container& container, const std::string& text) {
  Answer answer;
  answer.container = container;
  answer.names.container = text;
  return answer;
}

}  // namespace

TEST_CASE("the question about a cgroup names its oldest process and that one's parent",
          "[identity]") {
  Made made;
  const auto service = made.cgroup("/system.slice/containerd.service");
  const auto box = made.cgroup("/docker/ab", docker("ab"));
  const auto empty = made.cgroup("/docker/cd", docker("cd"));
  made.process(1, 0, service);
  made.process(10, 1, service);
  made.process(20, 10, box);
  made.process(30, 20, box);
  const auto questions = questions_of(made.census());
  REQUIRE(questions.size() == 3);
  CHECK(questions[box].oldest == name(20));
  CHECK(questions[box].parent == name(10));
  CHECK(questions[box].container == docker("ab"));
  CHECK(questions[box].members.empty());
  CHECK(questions[service].oldest == name(1));
  CHECK_FALSE(questions[service].parent);
  CHECK(questions[empty].oldest == ProcessName());
}

TEST_CASE("what is within a container is not asked about", "[identity]") {
  Made made;
  const auto inner = made.cgroup("/docker/ab/docker/cd", docker("cd"));
  made.census().placements[inner].parent = docker("ab");
  made.process(20, 1, inner);
  CHECK(questions_of(made.census())[inner] == Question{});
}

TEST_CASE("the runtime is that of the evidence, so that a shim is its own container's",
          "[identity]") {
  Made made;
  const auto service = made.cgroup("/system.slice/docker.service");
  const auto box =
      made.cgroup("/kubepods/pod1/ab",
                  Container{.runtime = Runtime::kContainerdCri, .id = "ab", .pod_uid = "1"});
  made.process(1, 0, service);
  made.process(10, 1, service);
  made.process(20, 10, box);
  Answer answer = named({.runtime = Runtime::kDocker, .id = "ab", .pod_uid = "1"}, "app");
  answer.helper = Helper{.process = name(10), .container = *answer.container};
  believe({nullptr, &answer}, made.census());
  CHECK(made.placement_of(20).container->runtime == Runtime::kDocker);
  CHECK(made.placement_of(10).role == Role::kRuntime);
  CHECK(census::key_of(*made.placement_of(10).container) ==
        census::key_of(*made.placement_of(20).container));
  CHECK(made.census().names.size() == 1);
}

TEST_CASE("a user's cgroup that is called like root's container is not that container",
          "[identity]") {
  Made made;
  const auto box = made.cgroup("/system.slice/docker-ab.scope", docker("ab"));
  const std::string session = "/user.slice/user-1000.slice/user@1000.service/app.slice";
  const auto impostor = made.cgroup(session + "/docker-ab.scope", docker("ab"), 1000);
  const auto own = made.cgroup(session + "/docker-cd.scope", docker("cd"), 1000);
  made.process(20, 1, box);
  made.process(30, 1, impostor, 1000);
  made.process(40, 1, own, 1000);
  const Answer answer = named(docker("ab"), "web");
  believe({&answer, &answer, nullptr}, made.census());
  CHECK(made.id_of(20) == "ab");
  CHECK(made.id_of(30).empty());
  CHECK(made.placement_of(30).unit == "user@1000.service/docker-ab.scope");
  CHECK(made.id_of(40) == "cd");
  CHECK(made.census().names.size() == 1);
}

TEST_CASE("names stand beside the containers that they are of", "[identity]") {
  Made made;
  const auto box = made.cgroup("/docker/ab", docker("ab"));
  made.process(20, 1, box);
  Answer answer = named(docker("ab"), "web");
  answer.names.image = "nginx:1";
  answer.names.labels = {{"team", "payments"}};
  believe({&answer}, made.census());
  const auto names = made.census().names.at({Runtime::kDocker, "ab"});
  CHECK(names->container == "web");
  CHECK(names->image == "nginx:1");
  CHECK(names->labels == std::map<std::string, std::string>{{"team", "payments"}});
  Made later;
  later.cgroup("/docker/ab", docker("ab"));
  believe({nullptr}, later.census());
  CHECK(later.census().names.empty());
}

TEST_CASE("one id in two namespaces of containerd is two containers", "[identity]") {
  Made made;
  const auto service = made.cgroup("/system.slice/containerd.service");
  const auto blue = made.cgroup("/blue/web");
  const auto green = made.cgroup("/green/web");
  made.process(10, 1, service);
  made.process(11, 1, service);
  made.process(20, 10, blue);
  made.process(21, 11, green);
  const auto answer = [](const char* space, int shim) {
    Answer told{.container =
                    Container{.runtime = Runtime::kContainerd, .id = "web", .space = space}};
    told.names.container = "web";
    told.names.pod_namespace = space;
    told.helper = Helper{.process = name(shim), .container = *told.container};
    told.trace = {{.source = Source::kBundle, .where = "", .facts = {}, .error = {}}};
    return told;
  };
  const Answer of_blue = answer("blue", 10);
  const Answer of_green = answer("green", 11);
  believe({nullptr, &of_blue, &of_green}, made.census());
  CHECK(made.census().names.size() == 2);
  for (const auto& [space, pids] :
       std::map<std::string, std::pair<int, int>>{{"blue", {20, 10}}, {"green", {21, 11}}}) {
    CAPTURE(space);
    CHECK(made.placement_of(pids.first).container->space == space);
    CHECK(made.placement_of(pids.second).container->space == space);
    CHECK(made.placement_of(pids.second).role == Role::kRuntime);
  }
}

TEST_CASE("evidence names the runtime of a path that does not", "[identity]") {
  Made made;
  const auto box = made.cgroup("/eco/ab", Container{.runtime = Runtime::kOci, .id = "ab"});
  made.process(20, 1, box);
  const Answer answer = named(docker("ab"), "web");
  believe({&answer}, made.census());
  CHECK(made.placement_of(20).container == docker("ab"));
  CHECK(made.census().names.contains({Runtime::kDocker, "ab"}));
}

TEST_CASE("a bundle makes a container of a path without a form, and of what is below it",
          "[identity]") {
  Made made;
  const auto box = made.cgroup("/eco/web");
  const auto below = made.cgroup("/eco/web/inner");
  const auto beside = made.cgroup("/eco/web2");
  made.process(20, 1, box);
  made.process(30, 20, below);
  made.process(40, 1, beside);
  Answer answer = named({.runtime = Runtime::kContainerd, .id = "web"}, "");
  answer.trace.push_back({.source = Source::kBundle, .where = "", .facts = {}, .error = {}});
  believe({&answer, nullptr, nullptr}, made.census());
  CHECK(made.id_of(20) == "web");
  CHECK(made.placement_of(20).unit.empty());
  CHECK(made.id_of(30) == "web");
  CHECK(made.id_of(40).empty());
  CHECK(made.placement_of(40).unit == "/eco/web2");
}

TEST_CASE("a machine has all of its payload, where its own systemd has units", "[identity]") {
  Made made;
  const auto nspawn = made.cgroup("/system.slice/web.service/supervisor");
  const auto init = made.cgroup("/system.slice/web.service/payload/init.scope");
  const auto journal =
      made.cgroup("/system.slice/web.service/payload/system.slice/journal.service");
  const auto beside = made.cgroup("/system.slice/web.service/other");
  made.process(10, 1, nspawn);
  made.process(20, 10, init);
  made.process(30, 20, journal);
  made.process(40, 1, beside);
  const Container machine{.runtime = Runtime::kSystemdNspawn, .id = "web"};
  Answer answer = named(machine, "web");
  answer.helper = Helper{.process = name(10), .container = machine};
  believe({nullptr, &answer, nullptr, nullptr}, made.census());
  CHECK(made.id_of(10) == "web");
  CHECK(made.placement_of(10).role == Role::kRuntime);
  CHECK(made.id_of(20) == "web");
  CHECK(made.id_of(30) == "web");
  CHECK(made.placement_of(30).role == Role::kWorkload);
  CHECK(made.placement_of(30).unit.empty());
  CHECK(made.id_of(40).empty());
}

TEST_CASE("nothing takes the id of a container that a path tells", "[identity]") {
  Made made;
  const auto box = made.cgroup("/docker/ab", docker("ab"));
  const auto other = made.cgroup("/eco/x");
  made.process(20, 1, box);
  made.process(30, 1, other);
  const Answer right = named(docker("ab"), "web");
  Answer wrong = named(docker("ab"), "evil");
  wrong.trace.push_back({.source = Source::kRuntimeState, .where = "", .facts = {}, .error = {}});
  believe({&right, &wrong}, made.census());
  CHECK(made.id_of(30).empty());
  CHECK(made.census().names.at({Runtime::kDocker, "ab"})->container == "web");
}

TEST_CASE("a parent's word counts from root, or from the user in his own session", "[identity]") {
  const auto believed = [](std::uint32_t uid, std::optional<std::uint32_t> session) {
    Made made;
    const auto outside = made.cgroup("/outside");
    const auto box = made.cgroup("/user.slice/x", std::nullopt, session);
    made.process(10, 1, outside, uid);
    made.process(20, 10, box, uid);
    Answer answer = named(podman("ab"), "web");
    answer.helper = Helper{.process = name(10), .container = podman("ab")};
    believe({nullptr, &answer}, made.census());
    return made.id_of(20) == "ab" && made.id_of(10) == "ab";
  };
  CHECK(believed(0, std::nullopt));
  CHECK(believed(1000, 1000));
  CHECK_FALSE(believed(1000, std::nullopt));
  CHECK_FALSE(believed(1000, 1001));
}

TEST_CASE("a shim works for its container, taken out of the unit that it is in", "[identity]") {
  Made made;
  const auto service = made.cgroup("/system.slice/containerd.service");
  const auto box = made.cgroup("/docker/ab", docker("ab"));
  made.process(10, 1, service);
  made.process(11, 1, service);
  made.process(20, 10, box);
  Answer answer = named(docker("ab"), "web");
  answer.helper = Helper{.process = name(10), .container = docker("ab")};
  believe({nullptr, &answer}, made.census());
  CHECK(made.id_of(10) == "ab");
  CHECK(made.placement_of(10).role == Role::kRuntime);
  CHECK(made.placement_of(10).unit.empty());
  CHECK(made.id_of(11).empty());
  CHECK(made.placement_of(20).role == Role::kWorkload);
}

TEST_CASE("a user's program that calls itself a shim works for nobody else", "[identity]") {
  Made made;
  const auto session = made.cgroup("/user.slice/x");
  const auto box = made.cgroup("/docker/ab", docker("ab"));
  made.process(10, 1, session, 1000);
  made.process(20, 10, box);
  Answer answer = named(docker("ab"), "web");
  answer.helper = Helper{.process = name(10), .container = docker("victim")};
  believe({nullptr, &answer}, made.census());
  CHECK(made.id_of(10).empty());
}

TEST_CASE("a helper whose number is another process's by now is left alone", "[identity]") {
  Made made;
  const auto service = made.cgroup("/system.slice/containerd.service");
  const auto box = made.cgroup("/docker/ab", docker("ab"));
  made.process(10, 1, service);
  made.process(20, 10, box);
  Answer answer = named(docker("ab"), "web");
  answer.helper = Helper{.process = {.pid = Pid(10), .start_time = 7}, .container = docker("ab")};
  believe({nullptr, &answer}, made.census());
  CHECK(made.id_of(10).empty());
}

TEST_CASE("containers in the scope of rootless podman are told process by process", "[identity]") {
  Made made;
  const auto scope =
      made.cgroup("/user.slice/user-1000.slice/user@1000.service/user.slice/podman-15.scope",
                  std::nullopt, 1000);
  made.process(15, 1, scope, 1000);   // podman
  made.process(20, 1, scope, 1000);   // conmon
  made.process(30, 20, scope, 1000);  // the container's first
  made.process(40, 30, scope, 1000);
  made.process(50, 15, scope, 1000);  // what podman runs for itself
  const auto questions = questions_of(made.census());
  REQUIRE(questions[scope].members.size() == 3);
  CHECK(questions[scope].members[0] == Member{.process = name(30), .parent = name(20)});
  Answer answer;
  answer.claims.push_back({.init = name(30),
                           .helper = {.process = name(20), .container = podman("ab")},
                           .names = named(podman("ab"), "web").names});
  believe({&answer}, made.census());
  CHECK(made.id_of(15).empty());
  CHECK(made.id_of(20) == "ab");
  CHECK(made.placement_of(20).role == Role::kRuntime);
  CHECK(made.id_of(30) == "ab");
  CHECK(made.placement_of(30).role == Role::kWorkload);
  CHECK(made.id_of(40) == "ab");
  CHECK(made.id_of(50).empty());
  CHECK(made.census().names.at({Runtime::kPodman, "ab"})->container == "web");
}

TEST_CASE("machines of nspawn that share a payload are told process by process", "[identity]") {
  Made made;
  const auto supervisors = made.cgroup("/supervisor");
  const auto payload = made.cgroup("/payload");
  made.process(10, 1, supervisors);
  made.process(11, 1, supervisors);
  made.process(20, 10, payload);
  made.process(21, 11, payload);
  made.process(30, 20, payload);
  made.process(40, 1, payload);
  const auto questions = questions_of(made.census());
  REQUIRE(questions[payload].members.size() == 2);
  CHECK(questions[payload].members[1] == Member{.process = name(21), .parent = name(11)});
  CHECK(questions[supervisors].members.empty());
  Answer answer;
  for (const int init : {20, 21}) {
    const std::string id = "machine-" + std::to_string(init);
    const Container machine{.runtime = Runtime::kSystemdNspawn, .id = id};
    Facts names;
    names.container = id;
    answer.claims.push_back({.init = name(init),
                             .helper = {.process = name(init - 10), .container = machine},
                             .names = names});
  }
  believe({nullptr, &answer}, made.census());
  CHECK(made.id_of(20) == "machine-20");
  CHECK(made.id_of(30) == "machine-20");
  CHECK(made.id_of(21) == "machine-21");
  CHECK(made.placement_of(11).role == Role::kRuntime);
  CHECK(made.id_of(11) == "machine-21");
  CHECK(made.id_of(40).empty());
}

TEST_CASE("a claim counts from root, or within its user's own session", "[identity]") {
  Made made;
  const auto payload = made.cgroup("/payload");
  const auto elsewhere = made.cgroup("/supervisor");
  made.process(10, 1, elsewhere, 1000);
  made.process(20, 10, payload, 1000);
  Answer answer;
  answer.claims.push_back(
      {.init = name(20), .helper = {.process = name(10), .container = podman("ab")}, .names = {}});
  believe({&answer, nullptr}, made.census());
  CHECK(made.id_of(20).empty());
}
