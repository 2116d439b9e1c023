// /var/log/containers, in which kubelet makes a link to the log of each container: what the links
// are called tells pod, namespace and container of an id (legacyLogSymlink of kubelet's
// kuberuntime/legacy.go). Where they lead is not looked at. Pure, thread-safe.
#pragma once

#include <string_view>

#include "identity/facts.hpp"

namespace kcommons::identity {

// "web-0_shop_nginx-ID.log" with an id of 64 hexadecimal digits. Empty for any other name.
Facts parse_kubelet_log(std::string_view name);

}  // namespace kcommons::identity
