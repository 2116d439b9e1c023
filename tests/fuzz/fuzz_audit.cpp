// What a daemon's API answers, which another machine or another version wrote: the JSON of an
// audit, of who holds what, and of instances.
#include "fuzz.hpp"
#include "report/audit_json.hpp"
#include "report/audit_options.hpp"
#include "report/audit_parse.hpp"
#include "report/audit_text.hpp"
#include "report/instances.hpp"
#include "report/top_json.hpp"
#include "report/top_parse.hpp"
#include "report/top_table.hpp"

using namespace kcommons;
using namespace kcommons::report;
using namespace kcommons::fuzz;

namespace {

void instances(std::string_view text) {
  const auto instances = parsed([&] { return parse_instances_json(text); });
  if (!instances) return;
  const std::string json = instances_json(*instances);
  const auto back = parse_instances_json(json);
  demand(back && instances_json(*back) == json, "instances survive being written");
}

void holders(std::string_view text) {
  const auto top = parsed([&] { return parse_top_json(text); });
  if (!top) return;
  const std::string json = top_json(*top);
  const auto back = parse_top_json(json);
  demand(back && top_json(*back) == json, "who holds what survives being written");
  demand(is_utf8(top_table(*top, Detail::kWide, {.columns = 80})), "a table is valid UTF-8");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  const std::string_view text = input.rest();
  demand(is_printable(parse_error_json(text)), "an error is one printable line");
  (void)parsed([&] { return parse_audit_options(text, kDefaultCrit); });
  instances(text);
  holders(text);
  const auto audit = parsed([&] { return parse_audit_json(text); });
  if (!audit) return 0;
  const std::string json = audit_json(*audit);
  const auto back = parse_audit_json(json);
  demand(back.has_value(), "an audit that was read can be written and read");
  demand(audit_json(*back) == json, "an audit survives being written");
  demand(is_utf8(audit_text(*audit, {.all = true}, {.columns = 80})), "a page is valid UTF-8");
  demand(is_utf8(audit_markdown(*audit, {})), "a page is valid UTF-8");
  return 0;
}
