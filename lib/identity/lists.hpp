// What stands in one place about many containers or users of a host: podman's stores, dockerd's
// roots, machined's machines, kubelet's logs, passwd. Each is read when it is first asked for after
// a refresh, and what cannot be read is counted. Belongs to one thread.
#pragma once

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

  // By id, in the stores of root, else of the user in whose session it runs: no other user's.
  Found podman(std::string_view id, std::optional<Uid> session);
  // The pod that a container of podman is in, from the state beside the same stores.
  Found podman_pod(std::string_view id, std::optional<Uid> session);
  // Where dockerd may keep its containers: its roots, and what it makes in them with
  // --userns-remap, "200000.200000".
  const std::vector<std::string>& docker_roots();
  // By cgroup: the machine whose unit is a component of the path.
  Found machine(std::string_view cgroup_path);
  // By id.
  Found kubelet_log(std::string_view id);

  const std::map<Uid, User>& users();
  // Empty where that user has none.
  std::string home_of(Uid user);

 private:
  using ById = std::map<std::string, Evidence, std::less<>>;

  // A file of podman's below the folder of a store, and what it tells of containers by their ids.
  struct PodmanFile {
    std::string_view folder;
    std::string_view name;
    Result<std::map<std::string, Facts>> (*parse)(std::string_view text);
  };
  Found find_podman(std::string_view id, std::optional<Uid> session,
                    const std::vector<PodmanFile>& files);
  // `below`: names that lead on from the folder, and are the user's own to make.
  Found find_podman_in(std::string_view id, const std::string& folder,
                       const std::vector<std::string_view>& below,
                       const std::vector<PodmanFile>& files);
  const ById& read_podman(const HostFolder& folder, const std::vector<std::string_view>& names,
                          const PodmanFile& file);
  void read_machines(const std::string& folder);
  void read_kubelet_logs(const std::string& folder);
  void note(Source source, const Error& error);

  std::string rootfs_;
  Roots roots_;
  FailureCounts& failures_;
  std::map<std::string, ById> podman_;  // by file
  std::optional<std::vector<std::string>> docker_roots_;
  std::optional<std::vector<Evidence>> machines_;
  std::optional<ById> kubelet_logs_;
  std::optional<std::map<Uid, User>> users_;
};

}  // namespace kcommons::identity
