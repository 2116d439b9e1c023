#include "daemon/remote_incidents.hpp"

#include "daemon/remote.hpp"
#include "daemon/site.hpp"
#include "report/incident_parse.hpp"

namespace kcommons::daemon {

Result<incidents::Incidents> ask_incidents(const http::Url& url,
                                           const http::ClientOptions& options) {
  const auto body = ask(url, kIncidentsPath, options);
  if (!body) return fail(body.error());
  auto incidents = report::parse_incidents_json(*body);
  if (!incidents) {
    return fail(refused(url, kIncidentsPath,
                        "what it answers are no incidents: " + incidents.error().message(),
                        "is it a kcommons that answers there, and of this version?"));
  }
  return incidents;
}

}  // namespace kcommons::daemon
