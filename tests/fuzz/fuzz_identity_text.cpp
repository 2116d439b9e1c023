// What tells of containers in other forms: command lines, mounts, files of machined, names of logs,
// passwd. The first byte chooses the parser.
#include <array>

#include "facts_check.hpp"
#include "identity/command_line.hpp"
#include "identity/kubelet_logs.hpp"
#include "identity/machines.hpp"
#include "identity/mounts.hpp"
#include "identity/oci_config.hpp"
#include "identity/users.hpp"

using namespace kcommons;
using namespace kcommons::identity;
using namespace kcommons::fuzz;

namespace {

void command_line(std::string_view text) {
  const auto supervised = parse_command_line(text);
  const auto again = parse_command_line(text);
  demand(supervised.has_value() == again.has_value(), "a command line tells always or never");
  if (!supervised) return;
  check_facts(supervised->facts);
  demand(supervised->facts == again->facts, "a command line tells always the same");
  demand(!supervised->facts.id.empty(), "a supervisor works for a container with an id");
}

void mounts(std::string_view text) {
  const Facts facts = parse_mounts(text);
  check_facts(facts);
  demand(facts == parse_mounts(text), "mounts tell always the same");
}

void machine(std::string_view text) {
  const Facts facts = parse_machine(text);
  check_facts(facts);
  demand(facts == parse_machine(text), "a machine's file tells always the same");
  demand(!facts.init || facts.init->value() > 0, "a leader is a process");
}

void kubelet_log(std::string_view text) {
  const Facts facts = parse_kubelet_log(text);
  check_facts(facts);
  demand(facts.id.empty() || facts.id.size() == 64, "an id has 64 digits");
}

void passwd(std::string_view text) {
  const auto users = parse_passwd(text);
  demand(users == parse_passwd(text), "passwd tells always the same");
  for (const auto& [uid, user] : users) {
    demand(!user.name.empty(), "a user has a name");
    demand(is_utf8(user.name), "the name of a user is valid UTF-8");
  }
}

void cgroups_path(std::string_view text) {
  const std::string path = cgroup_path_of(text);
  demand(path.empty() || path.front() == '/', "a cgroup's path is absolute");
  // The name of a slice is repeated for each part of it.
  demand(path.size() <= text.size() + 65536, "a path is not much longer than what it is made of");
}

constexpr std::array kParsers{command_line, mounts, machine, kubelet_log, passwd, cgroups_path};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  const auto parser = kParsers.at(input.choice(kParsers.size()));
  parser(input.rest());
  return 0;
}
