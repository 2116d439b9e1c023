#include "incidents/ring_file.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>

using namespace kcommons;
using namespace kcommons::incidents;

namespace {

class Folder final {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "kcommons-ring.XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() { std::filesystem::remove_all(path_); }
  [[nodiscard]] std::string path(const std::string& name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

std::string bytes_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void write_bytes(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

RingFile open(const std::string& path, std::size_t slots) {
  auto file = RingFile::open(path, slots);
  if (!file) FAIL(file.error().message());
  return std::move(*file);
}

std::string why_not(const std::string& path) {
  const auto file = RingFile::open(path, 4);
  return file ? "opened" : file.error().message();
}

std::string object(int id) {
  return fmt::format(R"({{"id":{}}})", id);
}

std::set<std::string> objects(const RingContent& content) {
  std::set<std::string> out;
  for (const RingRecord& record : content.records) out.insert(record.object);
  return out;
}

}  // namespace

TEST_CASE("a new file has its whole size and its blocks at once", "[incidents]") {
  const Folder folder;
  const std::string path = folder.path("ring");
  RingFile file = open(path, 8);
  CHECK(file.found().records.empty());
  CHECK(file.found().slots == 8);
  struct stat status {};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  CHECK(status.st_size == 8 * 4096);
  CHECK(status.st_blocks * 512 >= 8 * 4096);
  CHECK((status.st_mode & 0777U) == 0640U);
  REQUIRE(file.write(3, 1, object(1)));
  REQUIRE(::stat(path.c_str(), &status) == 0);
  CHECK(status.st_size == 8 * 4096);
}

TEST_CASE("what was written is found again and where", "[incidents]") {
  const Folder folder;
  const std::string path = folder.path("ring");
  {
    RingFile file = open(path, 4);
    CHECK(file.write(2, 1, object(1)));
    CHECK(file.write(0, 2, object(2)));
    CHECK(file.write(0, 3, object(3)));
    CHECK_FALSE(file.write(1, 4, "{\"a\":\"" + std::string(5000, 'x') + "\"}"));
  }
  const RingFile file = open(path, 4);
  REQUIRE(file.found().records.size() == 2);
  CHECK(file.found().records[0].slot == 2);
  CHECK(file.found().records[0].object == object(1));
  CHECK(file.found().records[1].slot == 0);
  CHECK(file.found().records[1].sequence == 3);
  CHECK(file.damaged() == 0);
}

TEST_CASE("a damaged slot is skipped and made blank", "[incidents]") {
  const Folder folder;
  const std::string path = folder.path("ring");
  {
    RingFile file = open(path, 4);
    CHECK(file.write(0, 1, object(1)));
    CHECK(file.write(1, 2, object(2)));
  }
  std::string bytes = bytes_of(path);
  bytes[10] = 'X';
  bytes[3 * 4096 + 7] = '\x01';
  write_bytes(path, bytes);
  {
    const RingFile file = open(path, 4);
    CHECK(file.damaged() == 2);
    CHECK(objects(file.found()) == std::set<std::string>{object(2)});
  }
  CHECK(bytes_of(path).substr(0, 4096) == blank_slot());
  CHECK(open(path, 4).damaged() == 0);
}

TEST_CASE("a file that was cut is made whole", "[incidents]") {
  const Folder folder;
  const std::string path = folder.path("ring");
  {
    RingFile file = open(path, 4);
    CHECK(file.write(0, 1, object(1)));
    CHECK(file.write(3, 2, object(2)));
  }
  REQUIRE(::truncate(path.c_str(), 3 * 4096 + 20) == 0);
  const RingFile file = open(path, 4);
  CHECK(objects(file.found()) == std::set<std::string>{object(1)});
  CHECK(bytes_of(path).size() == 4 * 4096);
}

TEST_CASE("another number of slots keeps the newest records", "[incidents]") {
  const Folder folder;
  const std::string path = folder.path("ring");
  {
    RingFile file = open(path, 8);
    for (int i = 0; i < 8; ++i) {
      // The newest are at the end, and one is at the front.
      CHECK(file.write(static_cast<std::size_t>(i),
                       i == 0 ? 20 : 10 + static_cast<std::uint64_t>(i), object(i)));
    }
  }
  {
    const RingFile file = open(path, 3);
    CHECK(objects(file.found()) == std::set<std::string>{object(0), object(6), object(7)});
    for (const RingRecord& record : file.found().records) CHECK(record.slot < 3);
  }
  CHECK(bytes_of(path).size() == 3 * 4096);
  CHECK(objects(parse_ring(bytes_of(path))) ==
        std::set<std::string>{object(0), object(6), object(7)});
  const RingFile file = open(path, 16);
  CHECK(objects(file.found()) == std::set<std::string>{object(0), object(6), object(7)});
  CHECK(bytes_of(path).size() == 16 * 4096);
}

TEST_CASE("what is no ring is left as it is", "[incidents]") {
  const Folder folder;
  const std::string path = folder.path("passwd");
  const std::string text = "root:x:0:0:root:/root:/bin/bash\n";
  write_bytes(path, text);
  CHECK_THAT(why_not(path), Catch::Contains("holds something else than incidents"));
  CHECK(bytes_of(path) == text);
  CHECK_FALSE(read_ring(path));
  const std::string large = folder.path("large");
  write_bytes(large, "");
  REQUIRE(::truncate(large.c_str(), off_t{1} << 40U) == 0);
  CHECK_THAT(why_not(large), Catch::Contains("holds something else than incidents"));
  CHECK(std::filesystem::file_size(large) == std::uint64_t{1} << 40U);
}

TEST_CASE("what cannot be opened is told with the reason", "[incidents]") {
  const Folder folder;
  CHECK_THAT(why_not(folder.path("")), Catch::Contains("directory"));
  CHECK_THAT(why_not(folder.path("no/ring")), Catch::Contains("No such file"));
  const std::string fifo = folder.path("fifo");
  REQUIRE(::mkfifo(fifo.c_str(), 0600) == 0);
  CHECK_THAT(why_not(fifo), Catch::Contains("no regular file"));
  const std::string link = folder.path("link");
  std::filesystem::create_symlink("/etc/hostname", link);
  CHECK_THAT(why_not(link), Catch::Contains("symbolic links"));
}

TEST_CASE("a file that may not be written is left and told", "[incidents]") {
  const Folder folder;
  const std::string path = folder.path("ring");
  { CHECK(open(path, 4).write(0, 1, object(1))); }
  REQUIRE(::chmod(path.c_str(), 0444) == 0);
  std::filesystem::permissions(folder.path(""), std::filesystem::perms(0755));
  constexpr uid_t kNobody = 65534;
  const bool root = ::geteuid() == 0;
  if (root) REQUIRE(::seteuid(kNobody) == 0);
  const std::string why = why_not(path);
  const auto view = read_ring(path);
  if (root) REQUIRE(::seteuid(0) == 0);
  CHECK_THAT(why, Catch::Contains("Permission denied"));
  REQUIRE(view);
  CHECK(view->content.records.size() == 1);
}

TEST_CASE("a second process is told that another writes the file", "[incidents]") {
  const Folder folder;
  const std::string path = folder.path("ring");
  {
    RingFile first = open(path, 4);
    CHECK(first.write(0, 1, object(1)));
    CHECK_THAT(why_not(path), Catch::Contains("another kcommons writes it"));
    const auto view = read_ring(path);
    REQUIRE(view);
    CHECK(view->is_written);
    CHECK(view->content.records.size() == 1);
  }
  const auto view = read_ring(path);
  REQUIRE(view);
  CHECK_FALSE(view->is_written);
  CHECK(why_not(path) == "opened");
}
