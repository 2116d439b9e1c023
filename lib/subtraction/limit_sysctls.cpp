#include "subtraction/limit_sysctls.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <limits>
#include <utility>

#include "base/text.hpp"
#include "base/unique_fd.hpp"
#include "procfs/directory.hpp"
#include "procfs/file_reader.hpp"
#include "subtraction/limit_names.hpp"

namespace kcommons::subtraction {

namespace {

constexpr std::array kRoots{"fs", "kernel", "net", "user", "vm"};
constexpr std::size_t kLongestValue = 4096;
constexpr int kDeepest = 8;  // of folders; the kernel has five

// Numbers, separated by one space each; empty where there is anything else, or nothing.
std::string numbers_of(std::string_view text) {
  std::string numbers;
  text = text::trim(text);
  while (!text.empty()) {
    const std::string_view word = text::take_word(text);
    if (!text::parse_number<std::uint64_t>(word) && !text::parse_number<std::int64_t>(word)) {
      return {};
    }
    if (!numbers.empty()) numbers += ' ';
    numbers += word;
  }
  return numbers;
}

bool is_per_interface(std::string_view folder) {
  return folder.ends_with("/conf") || folder.ends_with("/neigh");
}

std::string name_of_path(std::string_view path) {
  std::string name(path.substr(std::string_view("sys/").size()));
  std::ranges::replace(name, '/', '.');
  return name;
}

class Walk final {
 public:
  Walk(int proc_fd, std::vector<LimitSysctl>& out) : proc_fd_(proc_fd), out_(out) {}

  // Folders and files alike: what is no folder is read.
  Result<void> folder(const std::string& path, int depth) {
    const Result<UniqueFd> fd = procfs::open_directory(proc_fd_, path.c_str());
    if (!fd) return fail(fd.error());
    procfs::DirectoryReader reader(fd->get());
    while (true) {
      const Result<const char*> next = reader.next();
      if (!next) return fail(next.error());
      if (*next == nullptr) return {};
      entry(path, *next, depth);
    }
  }

 private:
  void entry(const std::string& folder_path, std::string_view name, int depth) {
    if (name == "." || name == ".." || depth == kDeepest) return;
    if (is_per_interface(folder_path) && name != "default") return;
    const std::string path = folder_path + "/" + std::string(name);
    // Most are files; only a folder can be opened as one.
    if (folder(path, depth + 1)) return;
    if (names_a_limit(name)) file(path);
  }

  void file(const std::string& path) {
    std::string value = read_sysctl(proc_fd_, path);
    if (value.empty()) return;
    out_.push_back({.name = name_of_path(path), .path = path, .value = std::move(value)});
  }

  int proc_fd_;
  std::vector<LimitSysctl>& out_;
};

template <typename T>
std::optional<T> moved(T number, int by) {
  if (by > 0 && number == std::numeric_limits<T>::max()) return std::nullopt;
  if (by < 0 && number == std::numeric_limits<T>::min()) return std::nullopt;
  return by > 0 ? number + 1 : number - 1;
}

std::optional<std::string> last_number_moved(std::string_view value, int by) {
  const std::size_t at = value.find_last_of(' ');
  const std::size_t start = at == std::string_view::npos ? 0 : at + 1;
  const std::string head(value.substr(0, start));
  const std::string_view last = value.substr(start);
  if (const auto number = text::parse_number<std::int64_t>(last)) {
    const auto next = moved(*number, by);
    if (next) return head + std::to_string(*next);
  }
  if (const auto number = text::parse_number<std::uint64_t>(last)) {
    const auto next = moved(*number, by);
    if (next) return head + std::to_string(*next);
  }
  return std::nullopt;
}

}  // namespace

Result<std::vector<LimitSysctl>> read_limit_sysctls(int proc_fd) {
  std::vector<LimitSysctl> out;
  Walk walk(proc_fd, out);
  for (const char* root : kRoots) {
    const Result<void> walked = walk.folder(std::string("sys/") + root, 0);
    // A kernel without user namespaces has no "user".
    if (!walked && walked.error().kind() != ErrorKind::kGone) return fail(walked.error());
  }
  std::ranges::sort(out, {}, &LimitSysctl::name);
  return out;
}

std::string read_sysctl(int proc_fd, const std::string& path) {
  std::string buffer;
  const auto text = procfs::read_file(proc_fd, path.c_str(), buffer, kLongestValue);
  return text ? numbers_of(*text) : std::string{};
}

std::optional<std::string> one_more(std::string_view value) {
  return last_number_moved(value, 1);
}

std::optional<std::string> one_less(std::string_view value) {
  return last_number_moved(value, -1);
}

int write_sysctl(int proc_fd, const std::string& path, std::string_view value) {
  const UniqueFd fd(::openat(proc_fd, path.c_str(), O_WRONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!fd.is_open()) return errno;
  return ::write(fd.get(), value.data(), value.size()) < 0 ? errno : 0;
}

}  // namespace kcommons::subtraction
