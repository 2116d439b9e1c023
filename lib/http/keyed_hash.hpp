// SipHash-2-4 with 128 bits of output (Aumasson and Bernstein, "SipHash: a fast short-input PRF",
// 2012): what a text hashes to cannot be foreseen, nor found out from other hashes, by who does not
// know the key. A microsecond for a short text. Pure, thread-safe.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace kcommons::http {

using HashKey = std::array<std::uint64_t, 2>;
using Hash = std::array<std::uint64_t, 2>;

Hash keyed_hash(const HashKey& key, std::string_view text);

}  // namespace kcommons::http
