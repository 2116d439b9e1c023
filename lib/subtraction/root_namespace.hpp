// What a network namespace shows to root alone. Some files that each network namespace has are left
// out where an unprivileged user owns it (net/ipv6/route.c, ipv6_route_sysctl_init): that they are
// missing there does not make them the host's.
#pragma once

#include <string>
#include <vector>

namespace kcommons::subtraction {

// The names of those limits below net that can be written, by their mode, in a fresh network
// namespace of root. Nothing is written. Empty for those who may not make one.
std::vector<std::string> limits_of_a_root_network_namespace(int proc_fd);

}  // namespace kcommons::subtraction
