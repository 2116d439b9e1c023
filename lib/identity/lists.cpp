#include "identity/lists.hpp"

#include <algorithm>
#include <utility>

#include "base/text.hpp"
#include "identity/host_folder.hpp"
#include "identity/kubelet_logs.hpp"
#include "identity/machines.hpp"
#include "identity/podman_pods.hpp"
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
  docker_roots_.reset();
  machines_.reset();
  kubelet_logs_.reset();
  users_.reset();
}

void Lists::note(Source source, const Error& error) {
  if (error.kind() != ErrorKind::kGone) failures_.count(source);
}

// --- podman -----------------------------------------------------------------------------------

const Lists::ById& Lists::read_podman(const HostFolder& folder,
                                      const std::vector<std::string_view>& names,
                                      const PodmanFile& file) {
  constexpr std::size_t kStoreLimit = std::size_t{16} << 20U;
  const std::string where = folder.name_of(names);
  const auto [at, is_new] = podman_.try_emplace(where);
  if (!is_new) return at->second;
  const auto text = folder.read(names, kStoreLimit);
  auto containers =
      text ? file.parse(*text) : Result<std::map<std::string, Facts>>(fail(text.error()));
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

Lists::Found Lists::find_podman_in(std::string_view id, const std::string& folder,
                                   const std::vector<std::string_view>& below,
                                   const std::vector<PodmanFile>& files) {
  const auto opened = HostFolder::open(rootfs_, folder);
  if (!opened) {
    note(Source::kPodman, opened.error());
    return nullptr;
  }
  for (const PodmanFile& file : files) {
    std::vector<std::string_view> names = below;
    names.insert(names.end(), {file.folder, file.name});
    const ById& containers = read_podman(*opened, names, file);
    const auto at = containers.find(id);
    if (at != containers.end()) return &at->second;
  }
  return nullptr;
}

Lists::Found Lists::find_podman(std::string_view id, std::optional<Uid> session,
                                const std::vector<PodmanFile>& files) {
  for (const std::string& root : roots_.podman) {
    if (const Found found = find_podman_in(id, root, {}, files)) return found;
  }
  const std::string home = session && !roots_.podman.empty() ? home_of(*session) : "";
  if (home.empty()) return nullptr;
  return find_podman_in(id, home, {".local", "share", "containers", "storage"}, files);
}

// Each of the two drivers of containers/storage has a folder of its own.
Lists::Found Lists::podman(std::string_view id, std::optional<Uid> session) {
  return find_podman(id, session,
                     {{"overlay-containers", "containers.json", parse_podman_store},
                      {"vfs-containers", "containers.json", parse_podman_store}});
}

Lists::Found Lists::podman_pod(std::string_view id, std::optional<Uid> session) {
  return find_podman(id, session, {{"libpod", "bolt_state.db", parse_podman_pods}});
}

// --- docker -----------------------------------------------------------------------------------

const std::vector<std::string>& Lists::docker_roots() {
  if (docker_roots_) return *docker_roots_;
  docker_roots_ = roots_.docker;
  for (const std::string& root : roots_.docker) {
    const auto opened = HostFolder::open(rootfs_, root);
    const auto names =
        opened ? opened->list() : Result<std::vector<std::string>>(fail(opened.error()));
    if (!names) {
      note(Source::kDocker, names.error());
      continue;
    }
    for (const std::string& name : *names) {
      const bool is_remapped = name.find('.') != std::string::npos &&
                               name.find_first_not_of("0123456789.") == std::string::npos;
      if (is_remapped) docker_roots_->push_back(root + "/" + name);
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
  const auto opened = HostFolder::open(rootfs_, folder);
  const auto names =
      opened ? opened->list() : Result<std::vector<std::string>>(fail(opened.error()));
  if (!names) {
    note(Source::kKubeletLogs, names.error());
    return;
  }
  for (const std::string& name : *names) {
    Facts facts = parse_kubelet_log(name);
    std::string id = facts.id;
    if (id.empty()) continue;
    kubelet_logs_->emplace(std::move(id), evidence_of(Source::kKubeletLogs, opened->name_of({name}),
                                                      std::move(facts)));
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
  if (!users_) {
    const auto etc = HostFolder::open(rootfs_, "/etc");
    const auto text = etc ? etc->read({"passwd"}) : Result<std::string>(fail(etc.error()));
    users_ = text ? parse_passwd(*text) : std::map<Uid, User>();
  }
  return *users_;
}

std::string Lists::home_of(Uid user) {
  const auto at = users().find(user);
  if (at == users_->end() || !at->second.home.starts_with('/')) return {};
  return at->second.home;
}

}  // namespace kcommons::identity
