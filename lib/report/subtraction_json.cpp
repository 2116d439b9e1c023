#include "report/subtraction_json.hpp"

#include <vector>

#include "base/text.hpp"
#include "catalogue/catalogue.hpp"
#include "report/json.hpp"

namespace kcommons::report {

namespace {

using catalogue::Resource;
using subtraction::ResourceAnswer;
using subtraction::Subtraction;
using subtraction::SysctlAnswer;

Json json_of(const std::vector<SysctlAnswer>& rows) {
  Json array = Json::array();
  for (const SysctlAnswer& row : rows) {
    array.push_back({{"sysctl", text::printable(row.name)},
                     {"host", text::printable(row.host)},
                     {"inside", text::printable(row.inside)},
                     {"kernel", name_of(row.answer)},
                     {"remark", text::printable(row.remark)}});
  }
  return array;
}

Json json_of(const std::vector<ResourceAnswer>& rows) {
  Json array = Json::array();
  for (const ResourceAnswer& row : rows) {
    const Resource& resource = catalogue::resource(row.resource);
    array.push_back({{"resource", resource.name},
                     {"sysctl", resource.sysctl},
                     {"catalogue", catalogue::name_of(resource.isolation)},
                     {"kernel", name_of(row.answer)},
                     {"verdict", name_of(row.verdict)},
                     {"evidence", text::printable(row.evidence)}});
  }
  return array;
}

}  // namespace

std::string subtraction_json(const Subtraction& subtraction) {
  const Json document{{"schema_version", kSubtractSchemaVersion},
                      {"kernel", text::printable(subtraction.kernel)},
                      {"namespaces", text::printable(subtraction.namespaces)},
                      {"resources", json_of(subtraction.resources)},
                      {"not_in_catalogue", json_of(subtraction.unknown)},
                      {"known", json_of(subtraction.known)},
                      {"isolated", json_of(subtraction.isolated)}};
  return document.dump(2) + "\n";
}

}  // namespace kcommons::report
