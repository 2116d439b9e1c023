// gzip (RFC 1952) by zlib, at its fastest level. Several of them one after the other are one that
// is the sum. Pure, thread-safe.
#pragma once

#include <string>
#include <string_view>

namespace kcommons::exposition {

// Throws std::bad_alloc, and nothing else.
std::string gzip(std::string_view text);

}  // namespace kcommons::exposition
