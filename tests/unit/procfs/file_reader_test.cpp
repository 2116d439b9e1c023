#include "procfs/file_reader.hpp"

#include <fcntl.h>
#include <sys/resource.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <string>
#include <tuple>
#include <vector>

#include "fake_proc.hpp"
#include "live_support.hpp"
#include "procfs/fd.hpp"
#include "procfs/sysctl.hpp"

using namespace kcommons;
using namespace kcommons::procfs;
using kcommons::test::must;

namespace {

// No descriptor can be opened while this lives: EMFILE, as at a full table.
class NoMoreDescriptors final {
 public:
  NoMoreDescriptors() {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    const rlimit none{0, before_.rlim_max};
    ::setrlimit(RLIMIT_NOFILE, &none);
  }
  NoMoreDescriptors(const NoMoreDescriptors&) = delete;
  NoMoreDescriptors& operator=(const NoMoreDescriptors&) = delete;
  ~NoMoreDescriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }

 private:
  rlimit before_{};
};

}  // namespace

TEST_CASE("a file is read whole whatever its length and the buffer is reused", "[procfs]") {
  test::FakeProc proc;
  const ProcRoot root = must(ProcRoot::open(proc.path()));
  std::string buffer;
  for (const std::size_t length : {0UL, 1UL, 4095UL, 4096UL, 4097UL, 100000UL, 3UL}) {
    CAPTURE(length);
    proc.file("text", std::string(length, 'x'));
    CHECK(must(read_file(root.fd(), "text", buffer)) == std::string(length, 'x'));
  }
}

TEST_CASE("a file as long as the limit is read and a longer one is an error", "[procfs]") {
  test::FakeProc proc;
  const ProcRoot root = must(ProcRoot::open(proc.path()));
  std::string buffer = GENERATE(as<std::string>{}, "", std::string(100000, 'b'));
  for (const std::size_t limit : {10UL, 4096UL, 5000UL}) {
    CAPTURE(limit);
    proc.file("text", std::string(limit, 'x'));
    CHECK(must(read_file(root.fd(), "text", buffer, limit)).size() == limit);
    proc.file("text", std::string(limit + 1, 'x'));
    const auto longer = read_file(root.fd(), "text", buffer, limit);
    REQUIRE_FALSE(longer);
    CHECK(longer.error().kind() == ErrorKind::kMalformed);
    CHECK(longer.error().message().find("longer than " + std::to_string(limit) + " bytes") !=
          std::string::npos);
  }
}

TEST_CASE("a missing file is gone and a link is not followed", "[procfs]") {
  test::FakeProc proc;
  proc.file("text", "x").link("link", "text");
  const ProcRoot root = must(ProcRoot::open(proc.path()));
  std::string buffer;
  const auto missing = read_file(root.fd(), "nothing", buffer);
  REQUIRE_FALSE(missing);
  CHECK(missing.error().kind() == ErrorKind::kGone);
  CHECK(missing.error().message().find("nothing") != std::string::npos);
  CHECK_FALSE(read_file(root.fd(), "link", buffer));
}

TEST_CASE("a kept file shows the new value at each read", "[procfs]") {
  test::FakeProc proc;
  proc.file_nr(1000, 65536);
  const ProcRoot root = must(ProcRoot::open(proc.path()));
  const KernelFile file = must(KernelFile::open(root.fd(), "sys/fs/file-nr"));
  CHECK(file.path() == "sys/fs/file-nr");
  std::string buffer;
  CHECK(must(parse_file_nr(must(file.read(buffer)))).allocated == 1000);
  proc.file_nr(7, 65536);
  CHECK(must(parse_file_nr(must(file.read(buffer)))).allocated == 7);
  CHECK_FALSE(KernelFile::open(root.fd(), "sys/fs/nothing"));
}

TEST_CASE("kept files and listings work when no descriptor can be opened", "[procfs]") {
  const ProcRoot root = test::real_proc();
  const KernelFile file_nr = must(KernelFile::open(root.fd(), "sys/fs/file-nr"));
  const KernelFile mounts = must(KernelFile::open(root.fd(), "self/mountinfo"));
  const Pid self = test::own_process().pid();
  std::string buffer;
  std::string mounts_buffer;
  std::vector<Pid> pids;
  // Looked at afterwards: sanitizers and the test framework want descriptors themselves.
  const auto [opened, allocated, mount_text, listed, size] = [&] {
    const NoMoreDescriptors exhausted;
    return std::tuple(read_file(root.fd(), "loadavg", buffer), file_nr.read(buffer),
                      mounts.read(mounts_buffer), root.list_pids(pids),
                      count_fds_by_size(root, self));
  }();
  REQUIRE_FALSE(opened);
  CHECK(opened.error().kind() == ErrorKind::kExhausted);
  CHECK(must(parse_file_nr(must(allocated))).allocated > 0);
  CHECK(must(mount_text).find(" - ") != std::string_view::npos);
  must(listed);
  CHECK(std::find(pids.begin(), pids.end(), self) != pids.end());
  CHECK(size.has_value() == root.counts_by_size());
  CHECK(size.value_or(1) > 0);
}
