// How another kcommons is: asked of a running daemon over HTTP. Thread-safe.
#pragma once

#include "base/result.hpp"
#include "http/client.hpp"
#include "http/url.hpp"

namespace kcommons::daemon {

// Nothing where all of it works. The error is what does not, or why that cannot be told, with the
// URL that was asked (without its password).
Result<void> ask_health(const http::Url& url, const http::ClientOptions& options = {});

}  // namespace kcommons::daemon
