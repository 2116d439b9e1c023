// Who holds what on another kcommons' host: asked of a running daemon over HTTP, in place of the
// host. Thread-safe.
#pragma once

#include <string_view>

#include "base/result.hpp"
#include "http/client.hpp"
#include "http/url.hpp"
#include "report/top.hpp"

namespace kcommons::daemon {

// Where the rows are, as `kcommons top -o json` prints them, with the parameters by, sort and
// resource, which may be repeated.
inline constexpr std::string_view kTopPath = "/api/v1/holders";

// All rows: a host with a thousand containers has some megabytes of them.
inline constexpr http::ClientOptions kTopOptions{.max_body = std::size_t{64} * 1024 * 1024};

// The error says what was asked, on which URL (without its password), why that failed, and what to
// do next.
Result<report::Top> ask_top(const http::Url& url, const report::TopQuery& query,
                            const http::ClientOptions& options = kTopOptions);

}  // namespace kcommons::daemon
