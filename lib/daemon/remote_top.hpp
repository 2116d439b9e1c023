// Who holds what on another kcommons' host: asked of a running daemon over HTTP, in place of the
// host. Thread-safe.
#pragma once

#include <string_view>

#include "base/result.hpp"
#include "http/client.hpp"
#include "http/url.hpp"
#include "report/instances.hpp"
#include "report/top.hpp"

namespace kcommons::daemon {

// All rows: a host with a thousand containers has some megabytes of them.
inline constexpr http::ClientOptions kTopOptions{.max_body = std::size_t{64} * 1024 * 1024};

// The error says what was asked, on which URL (without its password), why that failed, and what to
// do next.
Result<report::Top> ask_top(const http::Url& url, const report::TopQuery& query,
                            const http::ClientOptions& options = kTopOptions);

// The inotify instances of a process, as the daemon's last census has them: without descriptors.
Result<report::Instances> ask_instances(const http::Url& url, Pid pid,
                                        const http::ClientOptions& options = {});

}  // namespace kcommons::daemon
