#include "identity/host_folder.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>

#include "tree.hpp"

using namespace kcommons;
using namespace kcommons::identity;
using test::Tree;
namespace fs = std::filesystem;

namespace {

HostFolder opened(const Tree& tree, const std::string& path) {
  auto folder = HostFolder::open(tree.root(), path);
  REQUIRE(folder);
  return std::move(*folder);
}

}  // namespace

TEST_CASE("files are read below a folder of the host", "[identity]") {
  const Tree tree;
  tree.file("var/lib/docker/containers/ab/config.v2.json", "text");
  const HostFolder folder = opened(tree, "/var/lib/docker/containers");
  CHECK(*folder.read({"ab", "config.v2.json"}) == "text");
  const auto missing = folder.read({"cd", "config.v2.json"});
  REQUIRE_FALSE(missing);
  CHECK(missing.error().kind() == ErrorKind::kGone);
  CHECK(missing.error().message().find("/var/lib/docker/containers/cd/config.v2.json") !=
        std::string::npos);
  CHECK(HostFolder::open(tree.root(), "/run/nothing").error().kind() == ErrorKind::kGone);
  CHECK_FALSE(HostFolder::open(tree.root() + "/nothing", "/run"));
}

TEST_CASE("no name leads out of the folder", "[identity]") {
  const Tree tree;
  tree.file("secret", "secret");
  tree.file("folder/file", "text");
  const HostFolder folder = opened(tree, "/folder");
  for (const std::string_view name :
       {std::string_view(".."), std::string_view("."), std::string_view(""),
        std::string_view("../secret"), std::string_view("/secret"),
        std::string_view("file\0x", 6)}) {
    CHECK(folder.read({name}).error().kind() == ErrorKind::kMalformed);
    CHECK(folder.read({name, "secret"}).error().kind() == ErrorKind::kMalformed);
  }
  CHECK_FALSE(folder.read({}));
  CHECK_FALSE(folder.read({std::string(300, 'x')}));
}

TEST_CASE("links below the folder are not followed, links to it are", "[identity][no-valgrind]") {
  const Tree tree;
  tree.file("secret/file", "secret");
  tree.file("data/docker/ab/file", "text");
  tree.link("var/docker", "/data/docker");
  const HostFolder folder = opened(tree, "/var/docker");
  CHECK(*folder.read({"ab", "file"}) == "text");
  tree.link("data/docker/evil", "../../secret");
  tree.link("data/docker/ab/link", "../../../secret/file");
  CHECK_FALSE(folder.read({"evil", "file"}));
  CHECK_FALSE(folder.read({"ab", "link"}));
  CHECK_FALSE(folder.list({"evil"}));
}

TEST_CASE("a link to the folder does not lead out of the root", "[identity][no-valgrind]") {
  const Tree tree;
  tree.file("inside/etc/hostname", "inside");
  tree.link("inside/up", "../../../../../../etc");
  auto folder = HostFolder::open(tree.root() + "/inside", "/up");
  REQUIRE(folder);
  CHECK(*folder->read({"hostname"}) == "inside");
}

TEST_CASE("what is not a regular file, or too long, is an error at once", "[identity]") {
  const Tree tree;
  tree.file("folder/long", std::string(1000, 'x'));
  tree.file("folder/empty", "");
  REQUIRE(::mkfifo((tree.root() + "/folder/fifo").c_str(), 0600) == 0);
  fs::create_directory(tree.root() + "/folder/folder");
  const HostFolder folder = opened(tree, "/folder");
  CHECK(folder.read({"fifo"}).error().kind() == ErrorKind::kMalformed);
  CHECK_FALSE(folder.read({"folder"}));
  CHECK(folder.read({"long"}, 999).error().kind() == ErrorKind::kMalformed);
  CHECK(folder.read({"long"}, 1000)->size() == 1000);
  CHECK(folder.read({"empty"})->empty());
}

TEST_CASE("a folder is listed whole, without the names of itself and what is above", "[identity]") {
  const Tree tree;
  tree.file("folder/b/x", "");
  tree.file("folder/a", "");
  const HostFolder folder = opened(tree, "/folder");
  auto names = *folder.list();
  std::ranges::sort(names);
  CHECK(names == std::vector<std::string>{"a", "b"});
  CHECK(*folder.list({"b"}) == std::vector<std::string>{"x"});
  CHECK_FALSE(folder.list({"a"}));
  CHECK_FALSE(folder.list({"c"}));
}
