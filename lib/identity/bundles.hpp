// The containers of which a runtime has left an OCI bundle or a state on this host, whatever their
// ids are: tasks of containerd, states of runc and crun. Each file is read once,
// when its folder is first seen. Belongs to one thread.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "identity/evidence.hpp"
#include "identity/host_folder.hpp"

namespace kcommons::identity {

class Bundles final {
 public:
  // `labels` are those that are kept.
  Bundles(std::string rootfs, Roots roots, std::vector<std::string> labels)
      : rootfs_(std::move(rootfs)), roots_(std::move(roots)), labels_(std::move(labels)) {}

  // Reads those that are new and forgets those that are gone. Lists some folders even where nothing
  // has changed. Reads that fail are counted, but for what is not there.
  void refresh(FailureCounts& failures);

  // Of that id, in that cgroup or one around it. An id alone is not enough: containerd's need not
  // be unlike in two namespaces, and what is left of a dead container may have the id of another.
  [[nodiscard]] const Evidence* find(std::string_view id, std::string_view cgroup_path) const;
  // Of any id: the innermost whose cgroup that path is, or lies in.
  [[nodiscard]] const Evidence* find_in(std::string_view cgroup_path) const;

 private:
  using Parse = Result<Facts> (*)(std::string_view text, std::string_view space,
                                  std::string_view id);
  // What a kind of runtime leaves: FOLDER/SPACE/ID/FILE, or FOLDER/ID/FILE.
  struct Kind {
    Source source{};
    const char* below = "";  // of the root
    bool has_spaces = false;
    const char* file = "";
    Parse parse = nullptr;
  };
  void list(const std::string& root, const Kind& kind);
  void list_space(const HostFolder& folder, const Kind& kind, const std::string& space);
  void keep(Source source, std::string where, const HostFolder& folder,
            const std::vector<std::string_view>& names, Parse parse, std::string_view space,
            std::string_view id);

  std::string rootfs_;
  Roots roots_;
  std::vector<std::string> labels_;
  std::map<std::string, Evidence> known_;  // by file
  std::map<std::string, Evidence> next_;   // of the refresh under way
  FailureCounts* failures_ = nullptr;      // likewise
};

}  // namespace kcommons::identity
