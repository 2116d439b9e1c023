// What is sent to another HTTP server (RFC 9112). Pure, thread-safe.
#pragma once

#include <string>
#include <string_view>

#include "http/url.hpp"

namespace kcommons::http {

// A GET of `target`, "/metrics?x=1", below the path of the URL, with its user and password where it
// has them. The connection is not kept.
std::string request_text(const Url& url, std::string_view target);

}  // namespace kcommons::http
