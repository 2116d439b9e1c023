#include "procfs/mountinfo.hpp"

#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <catch2/catch.hpp>

#include "live_support.hpp"
#include "procfs/file_reader.hpp"
#include "procfs/proc_root.hpp"

using namespace kcommons;
using namespace kcommons::procfs;
using kcommons::test::must;

TEST_CASE("mountinfo tells device and root and mount point", "[procfs]") {
  const auto mounts = must(parse_mountinfo(
      "36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue\n"
      "22 27 0:21 / /my\\040disk\\134\\012x rw - tmpfs tmpfs rw\n"));
  REQUIRE(mounts.size() == 2);
  CHECK(mounts[0].device == ::makedev(98, 0));
  CHECK(mounts[0].root == "/mnt1");
  CHECK(mounts[0].point == "/mnt2");
  CHECK(mounts[1].point == "/my disk\\\nx");
}

TEST_CASE("a line of mountinfo that is none is malformed", "[procfs]") {
  for (const char* text : {"x", "36 35 98 / /mnt\n", "36 35 98:0\n", "36 35 :0 / /mnt\n", "\n"}) {
    CAPTURE(text);
    const auto mounts = parse_mountinfo(text);
    REQUIRE_FALSE(mounts);
    CHECK(mounts.error().kind() == ErrorKind::kMalformed);
  }
  CHECK(must(parse_mountinfo("")).empty());
}

TEST_CASE("the root of this machine is among its mounts", "[procfs][live]") {
  const auto root = must(ProcRoot::open("/proc"));
  std::string buffer;
  const auto text = read_file(root.fd(), "self/mountinfo", buffer, std::size_t{16} << 20U);
  REQUIRE(text);
  struct stat status {};
  REQUIRE(::stat("/", &status) == 0);
  const auto mounts = must(parse_mountinfo(*text));
  CHECK(std::ranges::any_of(mounts, [&](const Mount& mount) {
    return mount.point == "/" && mount.device == status.st_dev;
  }));
}
