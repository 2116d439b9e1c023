#include "daemon/watch_paths.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>

using namespace kcommons;
using namespace kcommons::daemon;

namespace {

// A folder of its own, which is taken for a filesystem.
struct Folder {
  std::string path = "/tmp/kcommons-paths-XXXXXX";
  Folder() { REQUIRE(::mkdtemp(path.data()) != nullptr); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() { std::filesystem::remove_all(path); }

  // As a kernel tells it without a handle.
  [[nodiscard]] procfs::InotifyWatch watch(const std::string& name) const {
    struct stat status {};
    REQUIRE(::lstat((path + name).c_str(), &status) == 0);
    return {.wd = 1, .inode = status.st_ino, .device = status.st_dev};
  }
};

}  // namespace

TEST_CASE("without a handle a path is found by a walk", "[daemon]") {
  const Folder folder;
  std::filesystem::create_directories(folder.path + "/a/b");
  std::ofstream(folder.path + "/a/b/file");
  std::filesystem::create_directory_symlink(folder.path + "/a", folder.path + "/link");
  const auto device = folder.watch("/a").device;
  WatchPaths paths({{.device = device, .root = "/", .point = folder.path}});
  const auto found = paths.find(
      {folder.watch("/a/b"), folder.watch("/a/b/file"), folder.watch("/link"), folder.watch("/a")});
  CHECK(found.paths[0] == folder.path + "/a/b");
  CHECK(found.paths[1] == folder.path + "/a/b/file");
  CHECK(found.paths[2] == folder.path + "/link");
  CHECK(found.paths[3] == folder.path + "/a");
  CHECK(found.limits.empty());
}

TEST_CASE("a filesystem that is not mounted here has no paths and says so", "[daemon]") {
  const Folder folder;
  WatchPaths paths({});
  const auto found = paths.find({folder.watch("")});
  CHECK(found.paths[0].empty());
  REQUIRE(found.limits.size() == 1);
  CHECK_THAT(found.limits[0], Catch::EndsWith(" is not mounted where this runs"));
}

TEST_CASE("a handle that leads to nothing is no crash and no wrong path", "[daemon]") {
  const Folder folder;
  auto watch = folder.watch("");
  watch.inode += 1'000'000'007;
  for (const std::size_t bytes : {1U, 8U, 128U, 129U, 4096U}) {
    CAPTURE(bytes);
    watch.handle_type = 1;
    watch.handle.assign(bytes, '\xff');
    WatchPaths paths({{.device = watch.device, .root = "/", .point = folder.path}});
    CHECK(paths.find({watch}).paths[0].empty());
  }
}
