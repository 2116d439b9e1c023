// The incidents of another kcommons: asked of a running daemon over HTTP, in place of a file.
// Thread-safe.
#pragma once

#include "base/result.hpp"
#include "http/client.hpp"
#include "http/url.hpp"
#include "incidents/incident.hpp"

namespace kcommons::daemon {

// The newest first. The error says what was asked, on which URL (without its password), why that
// failed, and what to do next.
Result<incidents::Incidents> ask_incidents(const http::Url& url,
                                           const http::ClientOptions& options = {});

}  // namespace kcommons::daemon
