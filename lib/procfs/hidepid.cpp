#include "procfs/hidepid.hpp"

#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <cerrno>
#include <cstddef>

#include "base/text.hpp"
#include "procfs/file_reader.hpp"
#include "procfs/proc_root.hpp"

namespace kcommons::procfs {

namespace {

// A node with thousands of containers has as many mounts, a few hundred bytes each.
constexpr std::size_t kMountinfoLimit = std::size_t{16} << 20U;
constexpr std::string_view kOption = "hidepid=";

std::optional<std::string> hidepid_of_options(std::string_view options) {
  while (!options.empty()) {
    const std::string_view option = text::take_until(options, ',');
    if (!option.starts_with(kOption)) continue;
    const std::string_view value = option.substr(kOption.size());
    if (value == "0" || value == "off") return std::nullopt;
    return std::string(value);
  }
  return std::nullopt;
}

}  // namespace

// 22 27 0:21 / /proc rw,relatime shared:5 - proc proc rw,hidepid=invisible
//       ^ device                            ^ type    ^ options of the super block
// Blanks within a path are written \040 (fs/proc_namespace.c), so words can be trusted.
Result<std::optional<std::string>> parse_hidepid(std::string_view mountinfo,
                                                 std::string_view device) {
  std::string_view rest = mountinfo;
  // Without the end of the last line its options may have been cut short.
  if (const auto cut = text::cut_line(mountinfo); !cut.empty()) {
    return fail(Error::malformed("parse mountinfo: cut short", cut));
  }
  while (!rest.empty()) {
    std::string_view line = text::take_until(rest, '\n');
    const std::string_view whole = line;
    text::take_word(line);
    text::take_word(line);
    if (text::take_word(line) != device) continue;
    const std::size_t separator = line.find(" - ");
    if (separator == std::string_view::npos) {
      return fail(Error::malformed("parse mountinfo", whole));
    }
    line.remove_prefix(separator + 3);
    const std::string_view type = text::take_word(line);
    const std::string_view source = text::take_word(line);
    const std::string_view options = text::take_word(line);
    if (type != "proc" || source.empty() || options.empty()) {
      return fail(Error::malformed("parse mountinfo", whole));
    }
    return hidepid_of_options(options);
  }
  return fail(
      Error::malformed("parse mountinfo: no mount of device " + std::string(device), mountinfo));
}

Result<std::optional<std::string>> read_hidepid(const ProcRoot& root) {
  if (!root.is_procfs()) return std::optional<std::string>{};
  struct stat status {};
  if (::fstat(root.fd(), &status) != 0) {
    return fail(Error::from_errno(errno, "stat " + root.path()));
  }
  const std::string device =
      std::to_string(major(status.st_dev)) + ":" + std::to_string(minor(status.st_dev));
  std::string buffer;
  const Result<std::string_view> mountinfo =
      read_file(root.fd(), "self/mountinfo", buffer, kMountinfoLimit);
  if (!mountinfo) return fail(mountinfo.error().during(root.path()));
  return parse_hidepid(*mountinfo, device);
}

}  // namespace kcommons::procfs
