// Asks another kcommons over HTTP, for the commands that take --from. Thread-safe.
#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"
#include "http/client.hpp"
#include "http/url.hpp"

namespace kcommons::daemon {

// What went wrong when `target` was asked for: "ask http://host:port/target: why; next". The URL is
// shown without its password.
Error refused(const http::Url& url, std::string_view target, std::string_view why,
              std::string_view next);

// The body of an answer with status 200. The error says what was asked, why that failed, and what
// to do next.
Result<std::string> ask(const http::Url& url, std::string_view target,
                        const http::ClientOptions& options);

}  // namespace kcommons::daemon
