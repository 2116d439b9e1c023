// Reading the limits below /proc/sys: those files of fs, kernel, net, user and vm whose names say
// that they are limits (limit_names.hpp) and whose values are numbers. Thread-safe.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace kcommons::subtraction {

struct LimitSysctl {
  std::string name;   // "fs.file-max"
  std::string path;   // "sys/fs/file-max", relative to the root of a procfs
  std::string value;  // one number, or several: "287898 383866 575796"
  bool operator==(const LimitSysctl&) const = default;
};

// All that can be read through the procfs at `proc_fd`, sorted by name. What the namespaced ones of
// net, user and kernel say depends on the namespaces of the caller, not on those of the mount
// (fs/proc/proc_sysctl.c, lookup of a set). Of the folders that have one folder for each interface
// (net.*.conf, net.*.neigh), the one named "default" alone is read. What cannot be read is left
// out.
Result<std::vector<LimitSysctl>> read_limit_sysctls(int proc_fd);

// The value of one; empty where it cannot be read or is no number.
std::string read_sysctl(int proc_fd, const std::string& path);

// The value with its last number one higher, or one lower; empty where there is no such number.
std::optional<std::string> one_more(std::string_view value);
std::optional<std::string> one_less(std::string_view value);

// 0, or the errno of opening or writing.
int write_sysctl(int proc_fd, const std::string& path, std::string_view value);

}  // namespace kcommons::subtraction
