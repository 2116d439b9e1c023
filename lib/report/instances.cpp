#include "report/instances.hpp"

#include <algorithm>
#include <utility>

#include "report/api_json.hpp"
#include "report/json.hpp"
#include "report/json_reader.hpp"

namespace kcommons::report {

std::optional<Instances> instances_of(const census::Census& census, Pid pid) {
  const auto process = std::ranges::find(census.processes, pid, &census::ProcessRecord::pid);
  if (process == census.processes.end()) return std::nullopt;
  const auto index = static_cast<std::uint32_t>(process - census.processes.begin());
  Instances out{.pid = pid};
  std::uint64_t unread = 0;
  for (const census::NotifyGroup& group : census.notify_groups) {
    if (group.kind != census::NotifyGroup::Kind::kInotify) continue;
    if (std::ranges::count(group.holders, index) == 0) continue;
    if (group.watches) {
      out.instances.push_back({.fd = -1, .watches = *group.watches});
    } else {
      ++unread;
    }
  }
  std::ranges::stable_sort(out.instances, std::ranges::greater(), &InotifyInstance::watches);
  if (unread > 0) {
    out.limits.push_back(std::to_string(unread) +
                         " instances whose watches were not counted yet are left out");
  }
  return out;
}

std::string instances_json(const Instances& instances) {
  Json out;
  out["schema_version"] = kApiSchemaVersion;
  out["pid"] = instances.pid.value();
  out["command"] = instances.command.empty() ? Json(nullptr) : Json(safe(instances.command));
  out["instances"] = Json::array();
  for (const InotifyInstance& instance : instances.instances) {
    out["instances"].push_back({{"watches", instance.watches}});
  }
  out["limits"] = Json::array();
  for (const std::string& limit : instances.limits) out["limits"].push_back(safe(limit));
  return printed(out);
}

Result<Instances> parse_instances_json(std::string_view json) {
  const Json document = Json::parse(json, nullptr, false);
  if (!document.is_object()) return fail(Error::malformed("parse instances: no JSON object", json));
  JsonReader reader(document);
  Instances out;
  constexpr std::uint64_t kMostPid = 1U << 22U;  // PID_MAX_LIMIT of include/linux/threads.h
  const std::uint64_t pid = reader.number("pid");
  if (pid > kMostPid) reader.refuse("pid", std::to_string(pid), "a PID");
  out.pid = Pid(static_cast<Pid::rep>(std::min(pid, kMostPid)));
  out.command = reader.text_or_null("command").value_or("");
  reader.each("instances",
              [&] { out.instances.push_back({.fd = -1, .watches = reader.number("watches")}); });
  reader.each_text("limits", [&](std::string limit) { out.limits.push_back(std::move(limit)); });
  if (reader.error()) return fail(reader.error()->during("parse instances"));
  return out;
}

}  // namespace kcommons::report
