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
  const auto body = ask(url, target, options);
  if (!body) return fail(body.error());
  auto audit = report::parse_audit_json(*body);
  if (!audit) {
    return fail(refused(url, target, "what it answers is no audit: " + audit.error().message(),
                        "is it a kcommons that answers there, and of this version?"));
  }
  return audit;
}

}  // namespace kcommons::daemon
