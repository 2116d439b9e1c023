// What people call a holder. Pure, thread-safe; the text is printable on one line
// (text::printable).
#pragma once

#include <string>
#include <string_view>

#include "attribution/snapshot.hpp"

namespace kcommons::attribution {

// "shop/web-1/nginx", "nginx", the short id of a container without a name, "kubelet.service".
std::string holder_name(const Holder& holder);

// The first 12 characters of a container's id.
std::string short_id(std::string_view id);

}  // namespace kcommons::attribution
