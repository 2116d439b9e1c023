#include "daemon/remote_top.hpp"

#include <fmt/format.h>

#include <string>

#include "catalogue/catalogue.hpp"
#include "daemon/api.hpp"
#include "daemon/remote.hpp"
#include "report/top_parse.hpp"
#include "report/top_words.hpp"

namespace kcommons::daemon {

Result<report::Top> ask_top(const http::Url& url, const report::TopQuery& query,
                            const http::ClientOptions& options) {
  std::string target = fmt::format("{}?by={}&sort={}", kHoldersPath, report::name_of(query.by),
                                   report::name_of(query.order));
  for (std::size_t i = 0; i < query.resources.size(); ++i) {
    target += fmt::format("{}{}", i == 0 ? "&resource=" : ",",
                          catalogue::resource(query.resources[i]).name);
  }
  const auto answer = ask(url, target, options);
  if (!answer) return fail(answer.error());
  if (answer->status != 200) return fail(unexpected_status(url, target, *answer));
  auto top = report::parse_top_json(answer->body);
  if (!top) {
    return fail(useless_answer(url, target,
                               "what it answers is not who holds what: " + top.error().message()));
  }
  if (top->by == query.by) return top;
  return fail(
      useless_answer(url, target, fmt::format("it answers by {}", report::name_of(top->by))));
}

Result<report::Instances> ask_instances(const http::Url& url, Pid pid,
                                        const http::ClientOptions& options) {
  const std::string target = fmt::format("{}?pid={}", kInstancesPath, pid.value());
  const auto answer = ask(url, target, options);
  if (!answer) return fail(answer.error());
  if (answer->status != 200) return fail(unexpected_status(url, target, *answer));
  auto instances = report::parse_instances_json(answer->body);
  if (!instances) return fail(useless_answer(url, target, instances.error().message()));
  if (instances->pid == pid) return instances;
  return fail(useless_answer(url, target,
                             fmt::format("it answers for process {}", instances->pid.value())));
}

}  // namespace kcommons::daemon
