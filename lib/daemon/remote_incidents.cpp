#include "daemon/remote_incidents.hpp"

#include "daemon/remote.hpp"
#include "daemon/site.hpp"
#include "report/incident_parse.hpp"

namespace kcommons::daemon {

Result<incidents::Incidents> ask_incidents(const http::Url& url,
                                           const http::ClientOptions& options) {
  const auto answer = ask(url, kIncidentsPath, options);
  if (!answer) return fail(answer.error());
  if (answer->status != 200) return fail(unexpected_status(url, kIncidentsPath, *answer));
  auto incidents = report::parse_incidents_json(answer->body);
  if (!incidents) {
    return fail(useless_answer(url, kIncidentsPath,
                               "what it answers are no incidents: " + incidents.error().message()));
  }
  return incidents;
}

}  // namespace kcommons::daemon
