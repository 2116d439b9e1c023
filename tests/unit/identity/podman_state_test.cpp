#include "identity/podman_state.hpp"

#include <catch2/catch.hpp>

#include "fixtures.hpp"
#include "identity/bolt.hpp"

using namespace kcommons;
using namespace kcommons::identity;

namespace {

// Of podman 4.3.1: a container alone, and a pod with its infra and a member.
const std::string& capture() {
  static const std::string file = test::fixture("runtime/podman.bolt_state.db");
  return file;
}
const std::string kSolo = "986406a4ede92dc1aed7e806a16b076e81deab3e6ea1270b959a87f132d48234";
const std::string kPod = "a993fa50b16c5271f7e0580816a60df333dcdee0319382819daadc1c1796b6b9";
const std::string kInfra = "07e190e4908ed99e5f6a7d0bcf0627ff21eebf58b27af9eae90cd5330d204526";
const std::string kMember = "394e8899e8e43c36b8f293c66ea1211fb23d2695fb58e73a893c1bbc59949b83";

Facts facts_of(const std::string& id) {
  const auto facts = find_podman_container(capture(), id);
  REQUIRE(facts);
  REQUIRE(*facts);
  return **facts;
}

}  // namespace

TEST_CASE("podman's own file tells a container, its labels and no pod", "[identity]") {
  const Facts facts = facts_of(kSolo);
  CHECK(facts.container == "solo");
  CHECK(facts.image == "localhost/bb:latest");
  CHECK(facts.pod.empty());
  CHECK(facts.labels.at("tier") == "front");
  CHECK(facts.compose_project == "shop");
  CHECK_FALSE(facts.sandbox);
}

TEST_CASE("podman's own file tells the pod of a container and its infra", "[identity]") {
  CHECK(facts_of(kMember).container == "member");
  CHECK(facts_of(kMember).pod == "eco-pod");
  CHECK(facts_of(kMember).sandbox_id == kPod);
  CHECK_FALSE(facts_of(kMember).sandbox);
  CHECK(facts_of(kInfra).pod == "eco-pod");
  CHECK(facts_of(kInfra).sandbox == true);
}

TEST_CASE("what is in no bucket of podman's file is not found", "[identity]") {
  for (const std::string& id : {std::string(), kPod, std::string(64, '0'), std::string(64, 'z'),
                                std::string(100000, 'a'), kSolo.substr(1)}) {
    const auto facts = find_podman_container(capture(), id);
    REQUIRE(facts);
    CHECK_FALSE(*facts);
  }
  const auto bolt = Bolt::open(capture());
  REQUIRE(bolt);
  for (const auto& path : std::vector<std::vector<std::string_view>>{
           {}, {"ctr"}, {"ctr", kSolo}, {"none"}, {"none", "x"}, {"ctr", kSolo, "config", "x"}}) {
    const auto found = bolt->find(path);
    REQUIRE(found);
    CHECK_FALSE(*found);
  }
}

TEST_CASE("a file of Bolt that is cut is an error, or as good as whole", "[identity]") {
  for (std::size_t length = 0; length < capture().size(); length += 509) {
    CAPTURE(length);
    const auto facts =
        find_podman_container(std::string_view(capture()).substr(0, length), kMember);
    if (facts && *facts) CHECK((*facts)->pod == "eco-pod");
  }
  CHECK_FALSE(find_podman_container("", kMember));
  CHECK_FALSE(find_podman_container(std::string(5000, 'x'), kMember));
}

TEST_CASE("a file of Bolt with any byte changed never crashes nor loops", "[identity]") {
  std::string file = capture();
  // Heads are guarded by a sum; pages are not.
  for (std::size_t at = 8192; at < file.size(); at += 13) {
    const char before = file[at];
    for (const char value : {'\0', '\xff', '\x01'}) {
      file[at] = value;
      const auto bolt = Bolt::open(file);
      REQUIRE(bolt);
      static_cast<void>(bolt->find({"ctr", kMember, "pod-id"}));
      static_cast<void>(bolt->find({"id-registry", kPod}));
    }
    file[at] = before;
  }
}

TEST_CASE("a head that is lost leaves the other", "[identity]") {
  for (const std::size_t head : {std::size_t{0}, std::size_t{4096}}) {
    std::string file = capture();
    file[head + 40] = static_cast<char>(file[head + 40] + 1);
    CHECK(Bolt::open(file));
  }
  std::string file = capture();
  file[40] = static_cast<char>(file[40] + 1);
  file[4096 + 40] = static_cast<char>(file[4096 + 40] + 1);
  CHECK_FALSE(Bolt::open(file));
}
