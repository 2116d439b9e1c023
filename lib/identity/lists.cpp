#include "identity/lists.hpp"

#include <algorithm>
#include <utility>

#include "base/text.hpp"
#include "identity/host_folder.hpp"
#include "identity/kubelet_logs.hpp"
#include "identity/machines.hpp"
#include "identity/podman_state.hpp"
#include "identity/podman_store.hpp"

namespace kcommons::identity {

namespace {

Evidence evidence_of(Source source, std::string where, Facts facts) {
  return {.source = source, .where = std::move(where), .facts = std::move(facts), .error = {}};
}

bool has_component(std::string_view path, std::string_view component) {
  const auto components = text::split(path, '/');
  return std::ranges::find(components, component) != components.end();
}

}  // namespace

Lists::Lists(std::string rootfs, Roots roots, FailureCounts& failures)
    : rootfs_(std::move(rootfs)), roots_(std::move(roots)), failures_(failures) {}

void Lists::refresh() {
  podman_.clear();
  podman_states_.clear();
  docker_roots_.reset();
  machines_.reset();
  kubelet_logs_.reset();
  users_are_read_ = false;
}

void Lists::note(Source source, const Error& error) {
  failures_.count(source, error);
}

std::vector<std::string> Lists::names_in(const std::string& folder, Source source) {
  const auto opened = HostFolder::open(rootfs_, folder);
  auto names = opened ? opened->list() : Result<std::vector<std::string>>(fail(opened.error()));
  if (names) return std::move(*names);
  note(source, names.error());
  return {};
}

// --- podman -----------------------------------------------------------------------------------

const Lists::ById& Lists::read_podman(const HostFolder& folder,
                                      const std::vector<std::string_view>& names,
                                      std::size_t limit) {
  const std::string where = folder.name_of(names);
  const auto [at, is_new] = podman_.try_emplace(where);
  if (!is_new) return at->second;
  const auto text = folder.read(names, limit);
  auto containers =
      text ? parse_podman_store(*text) : Result<std::map<std::string, Facts>>(fail(text.error()));
  if (!containers) {
    note(Source::kPodman, containers.error());
    return at->second;
  }
  for (auto& [id, facts] : *containers) {
    facts.runtime = cgroup::Runtime::kPodman;
    at->second.emplace(id, evidence_of(Source::kPodman, where, std::move(facts)));
  }
  return at->second;
}

std::optional<Evidence> Lists::find_in_state(std::string_view id, const HostFolder& folder,
                                             const std::vector<std::string_view>& names,
                                             std::size_t limit) {
  const std::string where = folder.name_of(names);
  const auto [at, is_new] = podman_states_.try_emplace(where);
  if (is_new) {
    auto text = folder.read(names, limit);
    if (text) at->second = std::move(*text);
    if (!text) note(Source::kPodman, text.error());
  }
  if (at->second.empty()) return std::nullopt;
  auto facts = find_podman_container(at->second, id);
  if (!facts) note(Source::kPodman, facts.error());
  if (!facts || !*facts) return std::nullopt;
  return evidence_of(Source::kPodman, where, std::move(**facts));
}

// Each of the two drivers of containers/storage has a folder of its own. Root may have thousands of
// containers; what users have is theirs to write, and may cost no more than a little.
std::vector<Evidence> Lists::find_podman(std::string_view id, const std::string& folder,
                                         const std::vector<std::string_view>& below) {
  constexpr std::size_t kMebibyte = std::size_t{1} << 20U;
  const std::size_t state_limit = (below.empty() ? 64 : 16) * kMebibyte;
  const std::size_t store_limit = (below.empty() ? 16 : 1) * kMebibyte;
  std::vector<Evidence> found;
  const auto opened = HostFolder::open(rootfs_, folder);
  if (!opened) {
    note(Source::kPodman, opened.error());
    return found;
  }
  const auto file = [&below](std::string_view in, std::string_view name) {
    std::vector<std::string_view> names = below;
    names.insert(names.end(), {in, name});
    return names;
  };
  if (auto state = find_in_state(id, *opened, file("libpod", "bolt_state.db"), state_limit)) {
    found.push_back(std::move(*state));
  }
  for (const char* const driver : {"overlay-containers", "vfs-containers"}) {
    const ById& containers = read_podman(*opened, file(driver, "containers.json"), store_limit);
    const auto at = containers.find(id);
    if (at != containers.end()) found.push_back(at->second);
  }
  return found;
}

std::vector<Evidence> Lists::podman(std::string_view id, std::optional<Uid> session) {
  for (const std::string& root : roots_.podman) {
    if (auto found = find_podman(id, root, {}); !found.empty()) return found;
  }
  const std::string home = session && !roots_.podman.empty() ? home_of(*session) : "";
  if (home.empty()) return {};
  return find_podman(id, home, {".local", "share", "containers", "storage"});
}

// --- docker -----------------------------------------------------------------------------------

const std::vector<std::string>& Lists::docker_roots() {
  if (docker_roots_) return *docker_roots_;
  docker_roots_ = roots_.docker;
  for (const std::string& root : roots_.docker) {
    for (const std::string& name : names_in(root, Source::kDocker)) {
      const bool is_remapped = name.find('.') != std::string::npos &&
                               name.find_first_not_of("0123456789.") == std::string::npos;
      if (is_remapped) docker_roots_->push_back(std::string(root).append("/").append(name));
    }
  }
  return *docker_roots_;
}

// --- machines ---------------------------------------------------------------------------------

// Beside each machine's file stands a link "unit:UNIT" to it.
void Lists::read_machines(const std::string& folder) {
  const auto opened = HostFolder::open(rootfs_, folder);
  const auto names =
      opened ? opened->list() : Result<std::vector<std::string>>(fail(opened.error()));
  if (!names) {
    note(Source::kMachines, names.error());
    return;
  }
  for (const std::string& name : *names) {
    if (name.starts_with("unit:")) continue;
    const auto text = opened->read({name});
    if (!text) {
      note(Source::kMachines, text.error());
      continue;
    }
    Facts facts = parse_machine(*text);
    if (facts.cgroup_path.empty()) continue;
    machines_->push_back(evidence_of(Source::kMachines, opened->name_of({name}), std::move(facts)));
  }
}

Lists::Found Lists::machine(std::string_view cgroup_path) {
  if (!machines_) {
    machines_.emplace();
    for (const std::string& root : roots_.machines) read_machines(root);
  }
  for (const Evidence& evidence : *machines_) {
    if (has_component(cgroup_path, evidence.facts.cgroup_path)) return &evidence;
  }
  return nullptr;
}

// --- kubelet ----------------------------------------------------------------------------------

void Lists::read_kubelet_logs(const std::string& folder) {
  for (const std::string& name : names_in(folder, Source::kKubeletLogs)) {
    Facts facts = parse_kubelet_log(name);
    std::string id = facts.id;
    if (id.empty()) continue;
    kubelet_logs_->emplace(
        std::move(id), evidence_of(Source::kKubeletLogs,
                                   std::string(folder).append("/").append(name), std::move(facts)));
  }
}

Lists::Found Lists::kubelet_log(std::string_view id) {
  if (!kubelet_logs_) {
    kubelet_logs_.emplace();
    for (const std::string& root : roots_.kubelet_logs) read_kubelet_logs(root);
  }
  const auto at = kubelet_logs_->find(id);
  return at == kubelet_logs_->end() ? nullptr : &at->second;
}

// --- users ------------------------------------------------------------------------------------

const std::map<Uid, User>& Lists::users() {
  if (std::exchange(users_are_read_, true)) return users_;
  const auto etc = HostFolder::open(rootfs_, "/etc");
  const auto text = etc ? etc->read({"passwd"}) : Result<std::string>(fail(etc.error()));
  if (text) {
    users_ = parse_passwd(*text);
  } else if (text.error().kind() == ErrorKind::kGone) {
    users_.clear();
  }
  return users_;
}

std::string Lists::home_of(Uid user) {
  const auto at = users().find(user);
  if (at == users_.end() || !at->second.home.starts_with('/')) return {};
  return at->second.home;
}

}  // namespace kcommons::identity
