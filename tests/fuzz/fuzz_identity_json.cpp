// What runtimes leave as JSON. The first byte chooses the parser.
#include <array>

#include "facts_check.hpp"
#include "identity/docker_config.hpp"
#include "identity/oci_config.hpp"
#include "identity/podman_store.hpp"
#include "identity/runtime_state.hpp"

using namespace kcommons;
using namespace kcommons::identity;
using namespace kcommons::fuzz;

namespace {

void oci_config(std::string_view text) {
  for (const auto trust : {Annotations::kOfAnybody, Annotations::kOfCri}) {
    const auto facts = parsed_alike([&] { return parse_oci_config(text, trust); });
    if (facts) check_facts(*facts);
  }
}

void docker_config(std::string_view text) {
  const auto facts = parsed_alike([&] { return parse_docker_config(text); });
  if (facts) check_facts(*facts);
}

void podman_store(std::string_view text) {
  const auto all = parsed_alike([&] { return parse_podman_store(text); });
  if (!all) return;
  for (const auto& [id, facts] : *all) {
    check_facts(facts);
    demand(!id.empty() && id == facts.id, "a container of a store is listed by its id");
  }
}

void runc_state(std::string_view text) {
  const auto facts = parsed_alike([&] { return parse_runc_state(text); });
  if (facts) check_facts(*facts);
}

void crun_status(std::string_view text) {
  const auto facts = parsed_alike([&] { return parse_crun_status(text); });
  if (facts) check_facts(*facts);
}

constexpr std::array kParsers{oci_config, docker_config, podman_store, runc_state, crun_status};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  const auto parser = kParsers.at(input.choice(kParsers.size()));
  parser(input.rest());
  return 0;
}
