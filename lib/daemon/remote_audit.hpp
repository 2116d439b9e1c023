// The audit of another kcommons: asked of a running daemon over HTTP, in place of the host.
// Thread-safe.
#pragma once

#include <string_view>

#include "base/result.hpp"
#include "http/client.hpp"
#include "http/url.hpp"
#include "report/audit.hpp"

namespace kcommons::daemon {

// `warn` and `crit` are percents that parse_audit_options() takes. The error says what was asked,
// on which URL (without its password), why that failed, and what to do next.
Result<report::Audit> ask_audit(const http::Url& url, std::string_view warn, std::string_view crit,
                                const http::ClientOptions& options = {});

}  // namespace kcommons::daemon
