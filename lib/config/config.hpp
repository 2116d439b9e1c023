// The configuration: a plain struct whose initial values are the defaults, and the one way from
// YAML text to it.
//
// The reading is strict, for a key that is ignored in silence is a limit that is not in force:
// unknown keys, keys given twice, wrong types, values out of range, anchors, aliases, tags and
// second documents are all mistakes. They are collected and reported together, each with its
// place. Only text that is no YAML at all (a bad byte, a bracket left open) is reported alone, as
// nothing behind it can be trusted. Ranges and units are checked here and nowhere else, with one
// exception: whether a pattern under cgroup.layouts makes sense is known to lib/cgroup, and
// LayoutRule keeps its place for that.
//
// Priority is flag, then environment, then file, then default. This library reads files; what
// flags and environment say is laid on top with set().
//
// All functions are thread-safe and throw nothing but std::bad_alloc.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace kcommons::config {

// What can be asked for the name of a container, as identity.off has it.
inline constexpr std::array<std::string_view, 9> kNameSources{
    "bundle", "runtime_state", "docker",   "cri_o",       "podman",
    "parent", "mounts",        "machines", "kubelet_logs"};

// One row of cgroup.layouts: cgroup paths of this form are containers of this runtime.
struct LayoutRule {
  std::string pattern;  // in the language of cgroup/pattern.hpp: "/garden/{id}"
  std::string runtime;
  int line = 0;  // where the pattern stands in the file, counted from 1
  int column = 0;
  bool operator==(const LayoutRule&) const = default;
};

struct Config {
  enum class Source : std::uint8_t { kAuto, kBpf, kProcfs };
  Source source = Source::kAuto;

  struct Sampling {
    std::chrono::milliseconds pools_interval{1000};
    std::chrono::milliseconds holdings_interval{10000};  // never shorter than pools_interval
    std::chrono::milliseconds mappings_interval{60000};  // of the bpf source
    std::chrono::milliseconds peak_window{120000};
    std::chrono::milliseconds history_window{3600000};  // of the growth of pools
    bool operator==(const Sampling&) const = default;
  };
  Sampling sampling;

  // Reading the fdinfo of an inotify instance holds up its owner's inotify_add_watch(2), so large
  // instances are read rarely.
  struct Inotify {
    std::uint64_t large_instance = 2000;                   // watches; above, an instance is large
    std::chrono::milliseconds large_read_interval{60000};  // one large read per this, host-wide
    std::chrono::milliseconds read_budget{1000};           // per census, for all fdinfo
    bool operator==(const Inotify&) const = default;
  };
  Inotify inotify;

  // How many of each are served by name; the rest is summed into "_other".
  struct Limits {
    std::size_t max_containers = 1000;
    std::size_t max_units = 500;
    std::size_t max_pools = 2000;
    std::size_t max_users = 500;
    bool operator==(const Limits&) const = default;
  };
  Limits limits;

  // What is opened ahead, for when no descriptor can be opened any more. Each is an open file of
  // the host, and one of this process'.
  struct Reserve {
    std::size_t walks = 100;        // of the bpf source
    std::size_t connections = 512;  // given up for those who connect then
    bool operator==(const Reserve&) const = default;
  };
  Reserve reserve;

  double neighbours_above = 0.5;  // used / limit of a pool, 0 to 1

  struct Paths {
    std::string procfs = "/proc";
    std::string sysfs = "/sys";
    std::string rootfs = "/";
    bool operator==(const Paths&) const = default;
  };
  Paths paths;

  struct Cgroup {
    std::vector<LayoutRule> layouts;
    bool operator==(const Cgroup&) const = default;
  };
  Cgroup cgroup;

  // Where the names of containers come from.
  struct Identity {
    // Folders below paths.rootfs in which runtimes leave what they know. No folder: not asked.
    struct Roots {
      std::vector<std::string> docker{"/var/lib/docker"};
      std::vector<std::string> containerd{"/run/containerd", "/run/docker/containerd/daemon",
                                          "/run/k3s/containerd"};
      std::vector<std::string> runc{"/run/runc"};
      std::vector<std::string> crun{"/run/crun"};
      std::vector<std::string> cri_o{"/run/containers/storage"};
      std::vector<std::string> podman{"/var/lib/containers/storage"};
      std::vector<std::string> machines{"/run/systemd/machines"};
      std::vector<std::string> kubelet_logs{"/var/log/containers"};
      bool operator==(const Roots&) const = default;
    };
    Roots roots;
    std::vector<std::string> off;     // sources that are not asked, of kNameSources
    std::vector<std::string> labels;  // of containers, that stand on kcommons_container_info too
    bool operator==(const Identity&) const = default;
  };
  Identity identity;

  // When a pool that comes near its limit is an incident, and where these are kept.
  struct Incidents {
    double threshold = 0.9;  // used / limit, 0.01 to 1
    double clear = 0.8;      // not above the threshold
    std::chrono::milliseconds clear_after{60000};
    std::size_t holders = 10;  // of each, the largest
    std::size_t keep = 256;    // in memory and in the file
    std::string file;          // empty: in the state directory of systemd, else none
    bool operator==(const Incidents&) const = default;
  };
  Incidents incidents;

  struct Web {
    // Each as parse_listen_address takes it; at least one, and none twice.
    std::vector<std::string> listen_addresses{"127.0.0.1:10044"};
    std::string telemetry_path = "/metrics";
    unsigned max_requests = 40;     // in flight at once
    std::string config_file;        // users and headers, see web_config.hpp; empty: none
    bool enable_lifecycle = false;  // whether POST /-/reload is answered
    bool operator==(const Web&) const = default;
  };
  Web web;

  struct Log {
    enum class Level : std::uint8_t { kDebug, kInfo, kWarn, kError };
    enum class Format : std::uint8_t { kLogfmt, kJson };
    Level level = Level::kInfo;
    Format format = Format::kLogfmt;
    bool operator==(const Log&) const = default;
  };
  Log log;

  bool operator==(const Config&) const = default;
};

// One mistake. Line and column count from 1, the column in bytes; both are 0 when the mistake has
// no place in a file (it cannot be read, or the value came from a flag and path names that).
struct ConfigError {
  std::string path;
  int line = 0;
  int column = 0;
  std::string message;  // "key: what, expected what"

  // "path:line:column: message", on one printable line.
  [[nodiscard]] std::string text() const;
};

// Every mistake, in the order of the file. Past a hundred, the last says how many more there are.
// While there are errors, config holds what could be read, good for further checks alone.
struct LoadResult {
  Config config;
  std::vector<ConfigError> errors;
};

// `path` is only for messages. Empty text is the defaults.
LoadResult parse(std::string_view yaml, std::string_view path);

// A file that cannot be read, or is larger than 1 MiB, is one error.
LoadResult load(const std::string& path);

// Sets the value of one key, written as in known_keys() and checked as in a file. Keys that hold
// lists cannot be set so, but web.listen_address, with commas between. On an error, which reads
// "what, expected what", config is unchanged.
Result<void> set(Config& config, std::string_view key, std::string_view value);

// Every key that a file may have, in the order of config/kcommons.yaml: "web.max_requests". The
// keys of a list's items are written "cgroup.layouts[].path".
std::vector<std::string> known_keys();

// Those of known_keys() whose values differ, in that order; "cgroup.layouts" for its items too.
// That a layout stands on another line is no difference.
std::vector<std::string> differing_keys(const Config& one, const Config& other);

}  // namespace kcommons::config
