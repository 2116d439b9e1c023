#include "http/pages.hpp"

#include <fmt/core.h>

#include <utility>

#include "base/text.hpp"

namespace kcommons::http {

namespace {

void add_page_headers(Response& response) {
  response.headers.emplace_back("Vary", "Accept");
  response.headers.emplace_back("Cache-Control", "no-store");
}

// As weak ones are compared (RFC 9110, 13.1.2).
bool has_tag(std::optional<std::string_view> if_none_match, std::string_view tag) {
  if (!if_none_match) return false;
  for (std::string_view one : text::split(*if_none_match, ',')) {
    one = text::trim(one);
    if (one == "*") return true;
    if (one.starts_with("W/")) one.remove_prefix(2);
    if (one.size() == tag.size() + 2 && one.front() == '"' && one.back() == '"' &&
        one.substr(1, tag.size()) == tag) {
      return true;
    }
  }
  return false;
}

}  // namespace

Response text_response(int status, std::string body) {
  return {.status = status,
          .content_type = "text/plain; charset=utf-8",
          .body = std::move(body),
          .headers = {}};
}

Response busy_response(std::string text) {
  Response response = text_response(503, std::move(text));
  response.headers.emplace_back("Retry-After", "1");
  return response;
}

Response json_response(int status, std::string body) {
  return {.status = status,
          .content_type = "application/json",
          .body = std::move(body),
          .headers = {{"Cache-Control", "no-store"}}};
}

Response tagged_json_response(const Request& request, std::string body, std::string_view tag) {
  Response response{.status = 200,
                    .content_type = "application/json",
                    .body = std::move(body),
                    .headers = {{"ETag", fmt::format("W/\"{}\"", tag)},
                                {"Cache-Control", "private, no-cache"},
                                {"Vary", "Accept-Encoding"}}};
  if (!has_tag(request.header("If-None-Match"), tag)) return response;
  response.status = 304;
  response.content_type.clear();
  response.body.clear();
  return response;
}

Response metrics_response(std::vector<std::shared_ptr<const std::string>> parts,
                          const ExpositionChoice& choice, bool gzip) {
  const bool openmetrics = choice.format == Exposition::kOpenMetrics;
  Response response{.status = 200,
                    .content_type = openmetrics ? "application/openmetrics-text; version=1.0.0"
                                                : "text/plain; version=0.0.4",
                    .body = {},
                    .headers = {{"Vary", "Accept, Accept-Encoding"}},
                    .parts = std::move(parts)};
  response.content_type += "; charset=utf-8";
  if (choice.escaping) response.content_type += "; escaping=underscores";
  if (gzip) response.headers.emplace_back("Content-Encoding", "gzip");
  return response;
}

Response healthy_response(std::string_view trouble) {
  if (trouble.empty()) return text_response(200, "healthy\n");
  return text_response(503, "not healthy: " + text::printable(trouble) + "\n");
}

Response ready_response(bool ready, std::string_view why) {
  if (ready) return text_response(200, "ready\n");
  return text_response(503, "not ready: " + text::printable(why) + "\n");
}

Response page_response(std::string html, std::string_view content_security_policy) {
  Response response{.status = 200,
                    .content_type = "text/html; charset=utf-8",
                    .body = std::move(html),
                    .headers = {}};
  response.headers.emplace_back("Content-Security-Policy", content_security_policy);
  add_page_headers(response);
  return response;
}

Response page_text_response(std::string text) {
  Response response = text_response(200, std::move(text));
  add_page_headers(response);
  return response;
}

}  // namespace kcommons::http
