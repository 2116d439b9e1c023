// bench_walk: the walk that people use to count descriptors, as the yardstick of the benchmark.
//
//   bench_walk [--family PID]
//
// Lists /proc, lists /proc/PID/fd of every process, reads every link, and prints how many there
// were, its own included. One thread, whole paths, nothing clever: what a shell script, lsof or an
// exporter does, less all that they do beside it. What cannot be read is passed over in silence, as
// they do; run it as root. With --family only PID and its children are walked.
#include <dirent.h>
#include <unistd.h>

#include <array>
#include <cctype>
#include <climits>
#include <cstdio>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>

namespace {

struct CloseDir {
  void operator()(DIR* dir) const { closedir(dir); }
};
using Dir = std::unique_ptr<DIR, CloseDir>;

bool is_number(std::string_view name) {
  return std::isdigit(static_cast<unsigned char>(name.front())) != 0;
}

unsigned long links_in(const std::string& directory) {
  const Dir dir(opendir(directory.c_str()));
  if (dir == nullptr) return 0;
  unsigned long count = 0;
  std::array<char, PATH_MAX> target = {};
  while (const dirent* entry = readdir(dir.get())) {
    if (!is_number(entry->d_name)) continue;
    const std::string link = directory + "/" + entry->d_name;
    if (readlink(link.c_str(), target.data(), target.size()) >= 0) ++count;
  }
  return count;
}

// The parent is the second field after the last parenthesis of /proc/PID/stat.
std::string parent_of(const std::string& process) {
  std::ifstream file(process + "/stat");
  std::string line;
  std::getline(file, line);
  const std::size_t name_end = line.rfind(')');
  if (name_end == std::string::npos || name_end + 4 > line.size()) return {};
  const std::string rest = line.substr(name_end + 4);
  return rest.substr(0, rest.find(' '));
}

unsigned long walk(const std::string& family) {
  const Dir dir(opendir("/proc"));
  if (dir == nullptr) return 0;
  unsigned long count = 0;
  while (const dirent* entry = readdir(dir.get())) {
    const std::string pid = entry->d_name;
    if (!is_number(pid)) continue;
    const std::string process = "/proc/" + pid;
    if (!family.empty() && pid != family && parent_of(process) != family) continue;
    count += links_in(process + "/fd");
  }
  return count;
}

}  // namespace

int main(int argc, char** argv) {
  const bool whole = argc == 1;
  if (!whole && (argc != 3 || std::string_view(argv[1]) != "--family")) {
    std::fputs("usage: bench_walk [--family PID]\n", stderr);
    return 2;
  }
  std::printf("%lu\n", walk(whole ? "" : argv[2]));
  return 0;
}
