// The answers that kcommons gives, by kind: each with its content type and headers. Pure and
// thread-safe.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/accept.hpp"
#include "http/message.hpp"

namespace kcommons::http {

// An exposition in the format chosen, compressed or not.
Response metrics_response(std::vector<std::shared_ptr<const std::string>> parts,
                          const ExpositionChoice& choice, bool gzip);

// GET /-/healthy: the process is alive and answers: 200, or 503 with what of it does not work, in
// one line; empty is nothing.
Response healthy_response(std::string_view trouble = "");

// GET /-/ready: 200, or 503 with the reason in one line.
Response ready_response(bool ready, std::string_view why);

// A page as HTML, with its Content-Security-Policy, and the overview for clients that prefer
// text. Both say that the choice between them hung on Accept, and that neither may be kept.
Response page_response(std::string html, std::string_view content_security_policy);
Response page_text_response(std::string text);

Response text_response(int status, std::string body);

// 503, to be asked again in a second.
Response busy_response(std::string text);

// Of the API: JSON of this moment, which may not be kept.
Response json_response(int status, std::string body);

// Of the API: JSON that stays the same as long as `tag` does, letters, digits and dashes that are
// its ETag; a weak one, as it may be sent compressed or not. It may be kept, but not used without
// asking again. Who has it already, by If-None-Match, is told so with 304.
Response tagged_json_response(const Request& request, std::string body, std::string_view tag);

}  // namespace kcommons::http
