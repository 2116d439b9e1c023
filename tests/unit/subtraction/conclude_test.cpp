#include <algorithm>
#include <catch2/catch.hpp>
#include <cerrno>
#include <string>

#include "subtraction/subtraction.hpp"

using kcommons::catalogue::index_of;
using kcommons::catalogue::ResourceId;
namespace catalogue = kcommons::catalogue;
namespace subtraction = kcommons::subtraction;
using subtraction::Answer;
using subtraction::HostSide;
using subtraction::LimitSysctl;
using subtraction::Look;
using subtraction::Subtraction;
using subtraction::Testimony;
using subtraction::Verdict;

namespace {

constexpr const char* kNewKernel = "6.18.1-generic";

struct Sides {
  HostSide host{.kernel = kNewKernel};
  Testimony inside;

  // The host has it; it has the same value meanwhile.
  void on_host(const std::string& name, const std::string& value) {
    host.before.push_back({.name = name, .path = "", .value = value});
    host.meanwhile.push_back(host.before.back());
  }
  void read_only(const std::string& name, const std::string& value) {
    on_host(name, value);
    inside.sysctls.push_back({.name = name, .value = value, .write_error = EACCES});
  }
  void look(ResourceId id, std::uint64_t held, std::uint64_t host_count) {
    Look look{.resource = id, .inside = held};
    look.host[index_of(id)] = host_count;
    inside.looks.push_back(look);
  }
  [[nodiscard]] subtraction::ResourceAnswer answer(ResourceId id) const {
    return subtraction::conclude(host, inside).resources.at(index_of(id));
  }
};

Answer sysctl_answer(const Sides& sides, const std::string& name) {
  const Subtraction result = subtraction::conclude(sides.host, sides.inside);
  for (const auto* list : {&result.unknown, &result.known, &result.isolated}) {
    const auto found = std::ranges::find(*list, name, &subtraction::SysctlAnswer::name);
    if (found != list->end()) return found->answer;
  }
  return Answer::kNotAsked;
}

}  // namespace

TEST_CASE("a sysctl is classified by what happened to it", "[subtraction]") {
  Sides sides;
  const std::string name = "net.x.some_max";
  SECTION("not there inside") {
    sides.on_host(name, "1");
    CHECK(sysctl_answer(sides, name) == Answer::kGone);
  }
  SECTION("not there inside but in a network namespace of root") {
    sides.on_host(name, "1");
    sides.host.in_root_net = {name};
    CHECK(sysctl_answer(sides, name) == Answer::kPrivate);
  }
  SECTION("seen and not to be written") {
    sides.read_only(name, "1");
    CHECK(sysctl_answer(sides, name) == Answer::kReadOnly);
  }
  SECTION("another value inside") {
    sides.on_host(name, "1");
    sides.inside.sysctls = {{.name = name, .value = "2", .write_error = EACCES}};
    CHECK(sysctl_answer(sides, name) == Answer::kPrivate);
  }
  SECTION("changed inside, and the host's stayed") {
    sides.on_host(name, "1");
    sides.inside.sysctls = {{.name = name, .value = "1", .changed_to = "2"}};
    CHECK(sysctl_answer(sides, name) == Answer::kPrivate);
  }
  SECTION("changed inside, and the host's with it") {
    sides.on_host(name, "1");
    sides.host.meanwhile[0].value = "2";
    sides.inside.sysctls = {{.name = name, .value = "1", .changed_to = "2"}};
    CHECK(sysctl_answer(sides, name) == Answer::kWritable);
  }
}

TEST_CASE("shared limits are known or not in the catalogue and private ones neither",
          "[subtraction]") {
  Sides sides;
  sides.read_only("fs.file-max", "1");       // of the catalogue
  sides.read_only("fs.nr_open", "1");        // known
  sides.read_only("fs.brand-new-max", "1");  // nobody has heard of it
  sides.on_host("user.max_x", "1");
  sides.inside.sysctls.push_back({.name = "user.max_x", .value = "2"});
  const Subtraction result = subtraction::conclude(sides.host, sides.inside);
  REQUIRE(result.known.size() == 1);
  CHECK(result.known[0].name == "fs.nr_open");
  CHECK_FALSE(result.known[0].remark.empty());
  REQUIRE(result.unknown.size() == 1);
  CHECK(result.unknown[0].name == "fs.brand-new-max");
  REQUIRE(result.isolated.size() == 1);
  CHECK(result.isolated[0].name == "user.max_x");
}

TEST_CASE("every row of the catalogue has an answer even where nothing was seen", "[subtraction]") {
  const Sides sides;
  const Subtraction result = subtraction::conclude(sides.host, sides.inside);
  REQUIRE(result.resources.size() == catalogue::kResourceCount);
  for (std::size_t i = 0; i < result.resources.size(); ++i) {
    CHECK(index_of(result.resources[i].resource) == i);
    CHECK(result.resources[i].answer == Answer::kNotAsked);
    CHECK(result.resources[i].verdict == Verdict::kNotAsked);
    CHECK_FALSE(result.resources[i].evidence.empty());
  }
}

TEST_CASE("a count of the host that moves is shared whatever else happens there", "[subtraction]") {
  Sides sides;
  sides.read_only("fs.file-max", "100000");
  for (const std::uint64_t taken : {1256U, 1000U, 1300U, 1250U, 900U}) {
    sides.look(ResourceId::kOpenFiles, 0, 1000);
    sides.look(ResourceId::kOpenFiles, 256, taken);
  }
  CHECK(sides.answer(ResourceId::kOpenFiles).answer == Answer::kReadOnly);
  CHECK(sides.answer(ResourceId::kOpenFiles).verdict == Verdict::kAgrees);
}

TEST_CASE("a count of the host that stays differs from the catalogue", "[subtraction]") {
  Sides sides;
  sides.read_only("fs.file-max", "100000");
  sides.look(ResourceId::kOpenFiles, 0, 1000);
  sides.look(ResourceId::kOpenFiles, 256, 1001);
  CHECK(sides.answer(ResourceId::kOpenFiles).answer == Answer::kPartly);
  CHECK(sides.answer(ResourceId::kOpenFiles).verdict == Verdict::kDiffers);
}

TEST_CASE("an owner is charged where what is reached follows the owner's limit", "[subtraction]") {
  constexpr ResourceId kId = ResourceId::kInotifyInstances;
  Sides sides;
  sides.read_only("fs.inotify.max_user_instances", "128");
  const auto rounds = [&](std::uint64_t low, int low_error, std::uint64_t high, int high_error) {
    sides.inside.nested = {{kId, 6, 2147483647, low, low_error},
                           {kId, 16, 2147483647, high, high_error}};
    return sides.answer(kId);
  };
  CHECK(rounds(6, EMFILE, 16, EMFILE).answer == Answer::kPartly);
  CHECK(rounds(6, EMFILE, 16, EMFILE).verdict == Verdict::kAgrees);
  CHECK(rounds(5, EMFILE, 12, EMFILE).answer == Answer::kPartly);
  // Nothing outside bounds it.
  CHECK(rounds(64, 0, 64, 0).verdict == Verdict::kDiffers);
  // Something else failed: no proof.
  CHECK(rounds(0, EPERM, 0, EPERM).answer == Answer::kNotAsked);
  CHECK(rounds(3, EMFILE, 3, EMFILE).answer == Answer::kNotAsked);
  CHECK(rounds(3, EMFILE, 9, ENFILE).answer == Answer::kNotAsked);
}

TEST_CASE("a limit of a user namespace proves nothing without the charge", "[subtraction]") {
  Sides sides;
  sides.on_host("user.max_net_namespaces", "100");
  sides.inside.sysctls = {{.name = "user.max_net_namespaces", .value = "2147483647"}};
  sides.inside.not_asked = {{ResourceId::kNetNamespaces, "make it: Operation not permitted"}};
  const auto answer = sides.answer(ResourceId::kNetNamespaces);
  CHECK(answer.answer == Answer::kNotAsked);
  CHECK(answer.evidence == "make it: Operation not permitted");
}

TEST_CASE("PIDs are in part where the limit is private and else shared", "[subtraction]") {
  Sides sides;
  sides.inside.host_pid = 4711;
  SECTION("since 6.14") {
    sides.on_host("kernel.pid_max", "32768");
    sides.inside.sysctls = {{.name = "kernel.pid_max", .value = "4194304"}};
    CHECK(sides.answer(ResourceId::kPids).answer == Answer::kPartly);
    CHECK(sides.answer(ResourceId::kPids).verdict == Verdict::kAgrees);
  }
  SECTION("before it") {
    sides.host.kernel = "6.1.0-31-amd64";
    sides.read_only("kernel.pid_max", "32768");
    CHECK(sides.answer(ResourceId::kPids).answer == Answer::kReadOnly);
    CHECK(sides.answer(ResourceId::kPids).verdict == Verdict::kAgrees);
  }
  SECTION("a newer kernel that lost it") {
    sides.read_only("kernel.pid_max", "32768");
    CHECK(sides.answer(ResourceId::kPids).verdict == Verdict::kDiffers);
  }
}

TEST_CASE("a pool of a UID is shared where another namespace feels that it is full",
          "[subtraction]") {
  Sides sides;
  sides.inside.filled = {{ResourceId::kUnixInflight, "sent", "ETOOMANYREFS"}};
  CHECK(sides.answer(ResourceId::kUnixInflight).answer == Answer::kShared);
  sides.inside.filled = {{ResourceId::kUnixInflight, "sent", "sent"}};
  CHECK(sides.answer(ResourceId::kUnixInflight).verdict == Verdict::kDiffers);
}

TEST_CASE("one moment in which counts are equal makes them one", "[subtraction]") {
  Sides sides;
  sides.look(ResourceId::kMemoryCgroups, 21, 22);
  CHECK(sides.answer(ResourceId::kMemoryCgroups).answer == Answer::kPrivate);
  sides.look(ResourceId::kMemoryCgroups, 22, 22);
  CHECK(sides.answer(ResourceId::kMemoryCgroups).answer == Answer::kShared);
}

TEST_CASE("no loop devices at all prove nothing", "[subtraction]") {
  Sides sides;
  sides.look(ResourceId::kLoopDevices, 0, 0);
  CHECK(sides.answer(ResourceId::kLoopDevices).answer == Answer::kNotAsked);
}

TEST_CASE("connections are counted by network namespace", "[subtraction]") {
  Sides sides;
  sides.read_only("net.netfilter.nf_conntrack_max", "262144");
  sides.look(ResourceId::kConntrackEntries, 0, 0);
  sides.look(ResourceId::kConntrackEntries, 1, 0);
  CHECK(sides.answer(ResourceId::kConntrackEntries).answer == Answer::kPartly);
  sides.inside.looks[1].host[index_of(ResourceId::kConntrackEntries)] = 1;
  CHECK(sides.answer(ResourceId::kConntrackEntries).answer == Answer::kReadOnly);
  CHECK(sides.answer(ResourceId::kConntrackEntries).verdict == Verdict::kDiffers);
}

TEST_CASE("versions of kernels are compared by number", "[subtraction]") {
  const auto& pids = catalogue::resource(ResourceId::kPids);
  CHECK(subtraction::compare(pids, Answer::kReadOnly, "6.9.0") == Verdict::kAgrees);
  CHECK(subtraction::compare(pids, Answer::kReadOnly, "6.14.0") == Verdict::kDiffers);
  CHECK(subtraction::compare(pids, Answer::kReadOnly, "5.15.0-1-cloud") == Verdict::kAgrees);
  CHECK(subtraction::compare(pids, Answer::kPartly, "5.14.0-el9") == Verdict::kAgrees);
  CHECK(subtraction::compare(pids, Answer::kReadOnly, "7.0-rc1") == Verdict::kDiffers);
}
