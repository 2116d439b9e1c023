#include "daemon/remote_health.hpp"

#include <fmt/format.h>

#include <string>

#include "base/text.hpp"
#include "daemon/remote.hpp"
#include "daemon/site.hpp"

namespace kcommons::daemon {

Result<void> ask_health(const http::Url& url, const http::ClientOptions& options) {
  const auto answer = ask(url, kHealthyPath, options);
  if (!answer) return fail(answer.error());
  const std::string words = said(*answer);
  if (answer->status == 503 && !words.empty()) {
    return fail(Error::other(fmt::format("{}: {}", http::shown(url), words)));
  }
  if (answer->status != 200) return fail(unexpected_status(url, kHealthyPath, *answer));
  if (words == "healthy") return {};
  return fail(useless_answer(url, kHealthyPath, "it does not answer \"healthy\""));
}

}  // namespace kcommons::daemon
