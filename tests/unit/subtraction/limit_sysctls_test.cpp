#include "subtraction/limit_sysctls.hpp"

#include <fcntl.h>

#include <catch2/catch.hpp>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <string>

#include "base/unique_fd.hpp"

namespace subtraction = kcommons::subtraction;
namespace fs = std::filesystem;

namespace {

// A tree that is removed at the end.
class Tree final {
 public:
  Tree() {
    std::string name = (fs::temp_directory_path() / "kcommons-sysctls.XXXXXX").string();
    root_ = ::mkdtemp(name.data());
  }
  Tree(const Tree&) = delete;
  Tree& operator=(const Tree&) = delete;
  ~Tree() { fs::remove_all(root_); }

  void file(const std::string& path, const std::string& text) const {
    fs::create_directories((root_ / path).parent_path());
    std::ofstream(root_ / path) << text;
  }
  [[nodiscard]] kcommons::UniqueFd open() const {
    return kcommons::UniqueFd(::open(root_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  }

 private:
  fs::path root_;
};

}  // namespace

TEST_CASE("limits are read by name and value", "[subtraction]") {
  const Tree tree;
  tree.file("sys/fs/file-max", "9223372036854775807\n");
  tree.file("sys/fs/file-nr", "1\t0\t2\n");
  tree.file("sys/fs/text-max", "many\n");
  tree.file("sys/fs/empty-max", "\n");
  tree.file("sys/net/ipv4/tcp_mem", "287898\t383866\t575796\n");
  tree.file("sys/net/ipv4/neigh/default/gc_thresh3", "1024\n");
  tree.file("sys/net/ipv4/neigh/eth0/gc_thresh3", "1024\n");
  tree.file("sys/net/ipv6/route/gc_thresh", "-1\n");
  tree.file("sys/dev/some-max", "1\n");
  const auto proc = tree.open();
  const auto limits = subtraction::read_limit_sysctls(proc.get());
  REQUIRE(limits);
  std::string seen;
  for (const auto& limit : *limits) seen += limit.name + "=" + limit.value + "\n";
  CHECK(seen ==
        "fs.file-max=9223372036854775807\n"
        "net.ipv4.neigh.default.gc_thresh3=1024\n"
        "net.ipv4.tcp_mem=287898 383866 575796\n"
        "net.ipv6.route.gc_thresh=-1\n");
}

TEST_CASE("a procfs without sysctls has no limits", "[subtraction]") {
  const Tree tree;
  const auto proc = tree.open();
  const auto limits = subtraction::read_limit_sysctls(proc.get());
  REQUIRE(limits);
  CHECK(limits->empty());
}

TEST_CASE("the last number of a value is moved by one", "[subtraction]") {
  CHECK(subtraction::one_more("9") == "10");
  CHECK(subtraction::one_more("1 2 3") == "1 2 4");
  CHECK(subtraction::one_more("-1") == "0");
  CHECK(subtraction::one_less("0") == "-1");
  CHECK(subtraction::one_more("9223372036854775807") == "9223372036854775808");
  CHECK(subtraction::one_more("18446744073709551615") == std::nullopt);
  CHECK(subtraction::one_less("18446744073709551615") == "18446744073709551614");
  CHECK(subtraction::one_less("-9223372036854775808") == std::nullopt);
  CHECK(subtraction::one_more("") == std::nullopt);
  CHECK(subtraction::one_more("max") == std::nullopt);
}

TEST_CASE("writing says why it failed", "[subtraction]") {
  const Tree tree;
  tree.file("sys/fs/file-max", "1\n");
  const auto proc = tree.open();
  CHECK(subtraction::write_sysctl(proc.get(), "sys/fs/file-max", "2") == 0);
  CHECK(subtraction::read_sysctl(proc.get(), "sys/fs/file-max") == "2");
  CHECK(subtraction::write_sysctl(proc.get(), "sys/fs/none", "2") == ENOENT);
}
