#include "identity/runtime_state.hpp"

#include <limits>

#include "identity/json.hpp"

namespace kcommons::identity {

namespace {

void take_process(const Json& json, const char* pid_key, const char* start_key, Facts& facts) {
  const auto pid = number_at(json, {pid_key});
  if (!pid || *pid == 0 || *pid > std::numeric_limits<Pid::rep>::max()) return;
  facts.init = Pid(static_cast<Pid::rep>(*pid));
  facts.init_start_time = number_at(json, {start_key});
}

std::string path_at(const Json& json, std::initializer_list<const char*> keys) {
  const Json* const path = find(json, keys);
  if (path == nullptr || !path->is_string()) return {};
  const auto& text = path->get_ref<const std::string&>();
  return text.starts_with('/') ? text : std::string();
}

// "/sys/fs/cgroup/user.slice" → "/user.slice"; empty where it is not below the mount.
std::string below(std::string_view mount, std::string_view path) {
  if (!path.starts_with(mount)) return {};
  path.remove_prefix(mount.size());
  return path.starts_with('/') ? std::string(path) : std::string();
}

// The path in the unified hierarchy, which lies in one of these where systemd has mounted it; else
// that in one of version 1, each of which is mounted in a folder of its own. Where systemd makes
// the cgroup, or nobody has said where it is to be, the configuration has no path.
std::string made_path(const Json& json) {
  constexpr std::string_view kMounts = "/sys/fs/cgroup";
  constexpr std::string_view kUnified = "/sys/fs/cgroup/unified";
  const std::string unified = path_at(json, {"cgroup_paths", ""});
  for (const std::string_view mount : {kUnified, kMounts}) {
    if (std::string path = below(mount, unified); !path.empty()) return path;
  }
  for (const char* const controller : {"name=systemd", "pids", "memory", "cpu"}) {
    const std::string path = below(kMounts, path_at(json, {"cgroup_paths", controller}));
    const auto folder = path.find('/', 1);
    if (folder != std::string::npos) return path.substr(folder);
  }
  return {};
}

}  // namespace

Result<Facts> parse_runc_state(std::string_view text) {
  const auto json = parse_json(text, "parse state.json of runc");
  if (!json) return fail(json.error());
  Facts facts;
  facts.runtime = cgroup::Runtime::kRunc;
  facts.id = text_at(*json, {"id"});
  take_process(*json, "init_process_pid", "init_process_start", facts);
  if (facts.id.empty() || !facts.init) {
    return fail(Error::malformed("find id and init_process_pid in state.json of runc", text));
  }
  facts.cgroup_path = path_at(*json, {"config", "cgroups", "path"});
  if (facts.cgroup_path.empty()) facts.cgroup_path = made_path(*json);
  return facts;
}

Result<Facts> parse_crun_status(std::string_view text) {
  const auto json = parse_json(text, "parse status of crun");
  if (!json) return fail(json.error());
  Facts facts;
  facts.runtime = cgroup::Runtime::kCrun;
  take_process(*json, "pid", "process-start-time", facts);
  if (!facts.init) return fail(Error::malformed("find pid in status of crun", text));
  facts.cgroup_path = path_at(*json, {"cgroup-path"});
  return facts;
}

}  // namespace kcommons::identity
