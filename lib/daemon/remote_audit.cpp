#include "daemon/remote_audit.hpp"

#include <fmt/format.h>

#include <string>

#include "daemon/remote.hpp"
#include "daemon/site.hpp"
#include "report/audit_parse.hpp"

namespace kcommons::daemon {

Result<report::Audit> ask_audit(const http::Url& url, std::string_view warn, std::string_view crit,
                                const http::ClientOptions& options) {
  const std::string target = fmt::format("{}?warn={}&crit={}", kAuditPath, warn, crit);
  const auto answer = ask(url, target, options);
  if (!answer) return fail(answer.error());
  if (answer->status != 200) return fail(unexpected_status(url, target, *answer));
  auto audit = report::parse_audit_json(answer->body);
  if (!audit) {
    return fail(
        useless_answer(url, target, "what it answers is no audit: " + audit.error().message()));
  }
  return audit;
}

}  // namespace kcommons::daemon
