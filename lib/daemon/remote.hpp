// What a running kcommons is asked over HTTP. Errors say what was asked, on which URL (without its
// password), why that failed, and what to do next. Thread-safe.
#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"
#include "http/answer.hpp"
#include "http/client.hpp"
#include "http/url.hpp"

namespace kcommons::daemon {

// Any status is an answer.
Result<http::Answer> ask(const http::Url& url, std::string_view target,
                         const http::ClientOptions& options);

// Of an answer with a status that is none of those that are of use.
Error unexpected_status(const http::Url& url, std::string_view target, const http::Answer& answer);

// Of one that is not understood.
Error useless_answer(const http::Url& url, std::string_view target, std::string_view why);

// What the other side says of it, on one short line; empty where it says nothing for people.
std::string said(const http::Answer& answer);

}  // namespace kcommons::daemon
