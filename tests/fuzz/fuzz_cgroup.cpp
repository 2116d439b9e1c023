// /proc/PID/cgroup to a container or a unit, by the built-in layouts and one that the input adds:
// its first line.
#include "cgroup/layouts.hpp"
#include "cgroup/path.hpp"
#include "fuzz.hpp"

using namespace kcommons;
using namespace kcommons::cgroup;
using namespace kcommons::fuzz;

namespace {

void check(const Placement& placement) {
  demand(placement.container.has_value() == placement.unit.empty(),
         "a process belongs to a container or to a unit, never to both");
  demand(!placement.parent || placement.container, "only a container has one around it");
  demand(!placement.parent || *placement.parent != *placement.container,
         "the outer container is another one");
  for (const auto* container : {&placement.container, &placement.parent}) {
    if (!*container) continue;
    demand(!(*container)->id.empty(), "a container has an id");
    const std::string& qos = (*container)->qos;
    demand(qos.empty() || qos == "guaranteed" || qos == "burstable" || qos == "besteffort",
           "a class of pods is one of three");
    demand(qos.empty() || !(*container)->pod_uid.empty(), "only a pod has a class");
  }
}

void check_path(std::string_view text) {
  const Path path = parse_path(text);
  for (const std::string_view component : path.components) {
    demand(!component.empty() && component != "." && component != "..",
           "a component is the name of a cgroup");
    demand(component.find('/') == std::string_view::npos, "a component has no slash");
    demand(unescape(component).size() <= component.size(), "unescaping adds nothing");
  }
  const std::string again = path.text();
  demand(again.starts_with('/'), "a path is absolute");
  if (!path.deleted) {
    const Path twice = parse_path(again);
    demand(twice.deleted || twice.components == path.components, "a path survives being written");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Layouts kBuiltIn = Layouts::built_in();
  Input input(data, size);
  const std::string_view pattern = input.until('\n');
  check(resolve(input.rest(), kBuiltIn));
  check_path(input.rest());

  (void)parsed([&] { return Pattern::parse(pattern); });
  Layouts layouts = kBuiltIn;
  if (!layouts.add(pattern, "lxc")) return 0;
  const Placement placement = resolve(input.rest(), layouts);
  check(placement);
  demand(placement == resolve(input.rest(), layouts), "a cgroup resolves always to the same");
  check(resolve_path(input.rest(), layouts));
  return 0;
}
