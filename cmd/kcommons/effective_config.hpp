// The configuration that is in force: a flag wins over the environment, the environment over the
// file, the file over the defaults. Reads the file and nothing else; thread-safe.
#pragma once

#include <array>
#include <map>
#include <span>
#include <string>
#include <string_view>

#include "config/config.hpp"

namespace kcommons::cmd {

// A flag that stands for one key of the file.
struct Flag {
  std::string_view name;  // without the dashes
  std::string_view key;   // as config::known_keys() has it
  std::string_view help;
  bool repeatable = false;  // given several times it is one value, with commas between
  bool is_switch = false;   // given without a value it means true
};

// Of `kcommons serve`.
inline constexpr std::array<Flag, 11> kFlags{{
    {"source", "source", "How the host is read: auto, bpf or procfs (default auto)"},
    {"path.procfs", "paths.procfs", "The procfs to read (default /proc)"},
    {"path.sysfs", "paths.sysfs", "The sysfs to read (default /sys)"},
    {"path.rootfs", "paths.rootfs", "The root directory of the host (default /)"},
    {"web.listen-address", "web.listen_address",
     "host:port to listen on, or :port for every address; may be given several times (default "
     "127.0.0.1:10044)",
     true},
    {"web.telemetry-path", "web.telemetry_path", "Path of the metrics (default /metrics)"},
    {"web.max-requests", "web.max_requests", "Requests answered at once (default 40)"},
    {"web.config.file", "web.config_file",
     "YAML file of users and headers, as Prometheus' exporters take it (default none)"},
    {"web.enable-lifecycle", "web.enable_lifecycle",
     "Answer POST /-/reload, which has the configuration read again (default false)", false, true},
    {"log.level", "log.level", "debug, info, warn or error (default info)"},
    {"log.format", "log.format", "logfmt or json (default logfmt)"},
}};

// Those that say what is read, and how: for commands that read the host themselves.
inline constexpr std::span<const Flag> kReadingFlags = std::span(kFlags).first<4>();

// Where `serve` listens.
inline constexpr std::span<const Flag> kListenFlags = std::span(kFlags).subspan<4, 1>();
static_assert(kListenFlags.front().name == "web.listen-address");

// The flag that names the file itself.
inline constexpr Flag kConfigFile{"config.file", "", "YAML file to read (default none)"};

// The variable that stands for a flag: web.max-requests → KCOMMONS_WEB_MAX_REQUESTS.
std::string environment_name(std::string_view flag);

// What was given, by name of the flag.
using Given = std::map<std::string_view, std::string>;

// The path of the file; empty is none.
std::string file_in_force(const Given& environment, const Given& flags);

// A file with all that can be said against it, its cgroup layouts and addresses included.
config::LoadResult load_checked(const std::string& path);

// A wrong value is an error even where another wins over it, and is named by where it came from. So
// is an IPv6 address to listen on where the HTTP engine has no IPv6. A file named by nothing, or by
// an empty text, is none.
config::LoadResult effective_config(const Given& environment, const Given& flags);

}  // namespace kcommons::cmd
