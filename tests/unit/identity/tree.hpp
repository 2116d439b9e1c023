// A folder that stands for the root of a host, gone at the end. Failures fail the test.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

#include "identity/evidence.hpp"

namespace kcommons::test {

class Tree final {
 public:
  Tree() {
    std::string name = std::filesystem::temp_directory_path() / "kcommons-identity.XXXXXX";
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp " + name);
    root_ = name;
  }
  Tree(const Tree&) = delete;
  Tree& operator=(const Tree&) = delete;
  ~Tree() { std::filesystem::remove_all(root_); }

  void file(const std::string& path, const std::string& text) const {
    std::filesystem::create_directories((root_ / path).parent_path());
    std::ofstream(root_ / path, std::ios::binary) << text;
  }
  void link(const std::string& path, const std::string& target) const {
    std::filesystem::create_directories((root_ / path).parent_path());
    std::filesystem::create_symlink(target, root_ / path);
  }
  void remove(const std::string& path) const { std::filesystem::remove_all(root_ / path); }
  [[nodiscard]] std::string root() const { return root_; }

 private:
  std::filesystem::path root_;
};

// Where distributions have them.
inline identity::Roots usual_roots() {
  return {.docker = {"/var/lib/docker"},
          .containerd = {"/run/containerd", "/run/docker/containerd/daemon"},
          .runc = {"/run/runc"},
          .crun = {"/run/crun"},
          .cri_o = {"/run/containers/storage"},
          .podman = {"/var/lib/containers/storage"},
          .machines = {"/run/systemd/machines"},
          .kubelet_logs = {"/var/log/containers"}};
}

}  // namespace kcommons::test
