#include "daemon/remote.hpp"

#include <fmt/format.h>

#include <cerrno>

#include "base/text.hpp"
#include "report/audit_json.hpp"

namespace kcommons::daemon {

namespace {

std::string_view next_step(const Error& error) {
  switch (error.code().value()) {
    case ECONNREFUSED:
      return "nobody listens there: is kcommons running, and on this address and port? Unless it "
             "is told otherwise it listens on 127.0.0.1:10044";
    case ETIMEDOUT:
    case EHOSTUNREACH:
    case ENETUNREACH:
      return "is the address right, and can it be reached from here?";
    default:
      return "is the URL right, and kcommons what answers there?";
  }
}

std::string_view next_step(int status) {
  switch (status) {
    case 400:
    case 404:
      return "is it a kcommons that answers there, and as new as this one?";
    case 401:
    case 403:
      return "give it a user and a password: http://user:password@host:port";
    case 503:
      return "try again in a moment";
    default:
      return status < 400 ? "redirects are not followed: give it the URL that it is sent on to"
                          : "the log of what answers there may say more";
  }
}

Error refusal(const http::Url& url, std::string_view target, std::string_view why,
              std::string_view next) {
  return Error::other(fmt::format("ask {}{}: {}; {}", http::shown(url), target, why, next));
}

}  // namespace

Result<http::Answer> ask(const http::Url& url, std::string_view target,
                         const http::ClientOptions& options) {
  auto answer = http::get(url, target, options);
  if (answer) return answer;
  return fail(refusal(url, target, answer.error().message(), next_step(answer.error())));
}

Error unexpected_status(const http::Url& url, std::string_view target, const http::Answer& answer) {
  const std::string words = said(answer);
  const std::string why =
      fmt::format("it answers with status {}{}{}", answer.status, words.empty() ? "" : ": ", words);
  return refusal(url, target, why, next_step(answer.status));
}

Error useless_answer(const http::Url& url, std::string_view target, std::string_view why) {
  return refusal(url, target, why, "is it a kcommons that answers there, and of this version?");
}

std::string said(const http::Answer& answer) {
  constexpr std::size_t kMost = 200;
  const auto type = http::find_header(answer.headers, "Content-Type").value_or("");
  std::string words = report::parse_error_json(answer.body);
  if (words.empty() && type.starts_with("text/plain")) {
    std::string_view body = answer.body;
    words = text::printable(text::trim(text::take_until(body, '\n')));
  }
  return text::valid_utf8(words, kMost);
}

}  // namespace kcommons::daemon
