// What stands in one place about many containers or users of a host: podman's stores, dockerd's
// roots, machined's machines, kubelet's logs, passwd. Each is read when it is first asked for after
// a refresh, and what cannot be read is counted. Belongs to one thread.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.hpp"
#include "identity/evidence.hpp"
#include "identity/host_folder.hpp"
#include "identity/users.hpp"

namespace kcommons::identity {

class Lists final {
 public:
  // Evidence without an error. Pointers to it are good until the next refresh.
  using Found = const Evidence*;

  // `failures` must outlive it.
  Lists(std::string rootfs, Roots roots, FailureCounts& failures);

  void refresh();

  // By id, in what root has, else the user in whose session it runs: no other user's. What podman
  // itself knows, its pod for one, and what its storage knows: each may be missing.
  std::vector<Evidence> podman(std::string_view id, std::optional<Uid> session);
  // Where dockerd may keep its containers: its roots, and what it makes in them with
  // --userns-remap, "200000.200000".
  const std::vector<std::string>& docker_roots();
  // By cgroup: the machine whose unit is a component of the path.
  Found machine(std::string_view cgroup_path);
  // By id.
  Found kubelet_log(std::string_view id);

  // Those of before where passwd cannot be read this time.
  const std::map<Uid, User>& users();
  // Empty where that user has none.
  std::string home_of(Uid user);

 private:
  using ById = std::map<std::string, Evidence, std::less<>>;

  // `below`: names that lead on from the folder, and are the user's own to make.
  std::vector<Evidence> find_podman(std::string_view id, const std::string& folder,
                                    const std::vector<std::string_view>& below);
  std::optional<Evidence> find_in_state(std::string_view id, const HostFolder& folder,
                                        const std::vector<std::string_view>& names,
                                        std::size_t limit);
  const ById& read_podman(const HostFolder& folder, const std::vector<std::string_view>& names,
                          std::size_t limit);
  void read_machines(const std::string& folder);
  void read_kubelet_logs(const std::string& folder);
  // What stands in a folder; nothing where it cannot be listed, which is noted.
  std::vector<std::string> names_in(const std::string& folder, Source source);
  void note(Source source, const Error& error);

  std::string rootfs_;
  Roots roots_;
  FailureCounts& failures_;
  std::map<std::string, ById> podman_;                // by file
  std::map<std::string, std::string> podman_states_;  // raw, by file
  std::optional<std::vector<std::string>> docker_roots_;
  std::optional<std::vector<Evidence>> machines_;
  std::optional<ById> kubelet_logs_;
  std::map<Uid, User> users_;
  bool users_are_read_ = false;  // since the last refresh
};

}  // namespace kcommons::identity
