// One question to Lookup, and what was found so far. Internal to lib/identity: what files tell is
// in lookup.cpp, what processes tell in lookup_processes.cpp.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "identity/lookup.hpp"

namespace kcommons::identity {

class Lookup::Case final {
 public:
  Case(Lookup& lookup, const Question& question) : lookup_(lookup), question_(question) {}

  Answer answer() &&;

 private:
  [[nodiscard]] bool is_off(Source source) const { return lookup_.options_.off.contains(source); }
  void take_path();
  void take_bundle();
  void take_for_docker();
  [[nodiscard]] bool is_bare_in_pod() const;
  void take_docker();
  void take_crio();
  void take_podman();
  void take_machine();
  void take_kubelet_log();
  // What is left of a container whose first process has ended; its cgroup may be another's by now.
  [[nodiscard]] bool is_of_dead(const Facts& facts) const;
  // Of processes, whose command lines and mounts are their user's to write.
  void take_parent();
  void take_mounts();
  void take_members();
  using Supervised = std::vector<std::pair<const Member*, SupervisedBy>>;
  const Supervised& supervised_members();
  bool shares_payload(const SupervisedBy& oldest);
  void name_helper(const SupervisedBy& supervised);
  void found(Source source, std::string where, Facts facts);
  void found(Lists::Found evidence);
  void failed(Source source, std::string where, const Error& error);
  [[nodiscard]] bool may_be(cgroup::Runtime runtime) const;
  [[nodiscard]] bool is_named() const;

  Lookup& lookup_;
  const Question& question_;
  Answer answer_;
  std::optional<Supervised> supervised_;  // what supervised_members() has read
};

}  // namespace kcommons::identity
