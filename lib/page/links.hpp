// Where on the site a pool or a holder has a page of its own. Links are fit for an attribute as
// they are: whatever others may have chosen is percent-encoded in them. Pure, thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "attribution/books.hpp"
#include "attribution/snapshot.hpp"

namespace kcommons::page {

inline constexpr std::string_view kPoolPath = "/pool";
inline constexpr std::string_view kHolderPath = "/holder";

// As the value of a parameter (RFC 3986, 2.3: what is not unreserved becomes %XX).
std::string encoded(std::string_view bytes);

attribution::PoolKey key_of(const attribution::Pool& pool);
std::string pool_link(const attribution::PoolKey& pool);
// Empty for the bucket of what was cut, which nobody is.
std::string holder_link(const attribution::Holder& holder);
// Its name, linked where it has a page.
std::string holder_html(const attribution::Holder& holder);

// "host", "uid 0 in user namespace 4026532301": of a pool, escaped.
std::string scope_html(const attribution::PoolKey& pool);

}  // namespace kcommons::page
