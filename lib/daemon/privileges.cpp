#include "daemon/privileges.hpp"

#include <linux/capability.h>
#include <sys/capability.h>
#include <sys/prctl.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <vector>

namespace kcommons::daemon {

namespace {

struct Named {
  cap_value_t value;
  std::string_view name;
};

std::vector<Named> needed(std::string_view source, std::span<const int> ports) {
  // What runtimes know of containers, they keep to themselves and their users.
  std::vector<Named> all{{CAP_SYS_ADMIN, "sys_admin"}, {CAP_DAC_READ_SEARCH, "dac_read_search"}};
  if (source == "bpf") {
    all.push_back({CAP_BPF, "bpf"});
    all.push_back({CAP_PERFMON, "perfmon"});
  } else {
    all.push_back({CAP_SYS_PTRACE, "sys_ptrace"});
  }
  constexpr int kFirstFreePort = 1024;
  const bool binds_low =
      std::ranges::any_of(ports, [](int port) { return port > 0 && port < kFirstFreePort; });
  if (binds_low) all.push_back({CAP_NET_BIND_SERVICE, "net_bind_service"});
  return all;
}

struct FreeCaps {
  void operator()(_cap_struct* caps) const { ::cap_free(caps); }
};
using Caps = std::unique_ptr<_cap_struct, FreeCaps>;

bool is_permitted(const Caps& caps, cap_value_t value) {
  cap_flag_value_t set = CAP_CLEAR;
  // An error is a capability that this kernel does not know.
  return ::cap_get_flag(caps.get(), value, CAP_PERMITTED, &set) == 0 && set == CAP_SET;
}

}  // namespace

Result<void> use_what_is_permitted() {
  const Caps own(::cap_get_proc());
  if (!own) return fail(Error::from_errno(errno, "read own capabilities"));
  if (::cap_fill(own.get(), CAP_EFFECTIVE, CAP_PERMITTED) != 0 || ::cap_set_proc(own.get()) != 0) {
    return fail(Error::from_errno(errno, "use own capabilities"));
  }
  return {};
}

Result<Rights> own_rights() {
  const Caps own(::cap_get_proc());
  if (!own) return fail(Error::from_errno(errno, "read own capabilities"));
  return Rights{.bpf = is_permitted(own, CAP_BPF),
                .perfmon = is_permitted(own, CAP_PERFMON),
                .sys_admin = is_permitted(own, CAP_SYS_ADMIN),
                .sys_ptrace = is_permitted(own, CAP_SYS_PTRACE),
                .dac_read_search = is_permitted(own, CAP_DAC_READ_SEARCH)};
}

Result<std::string> drop_privileges(std::string_view source, std::span<const int> ports) {
  const Caps given(::cap_get_proc());
  const Caps kept(::cap_init());
  if (!given || !kept) return fail(Error::from_errno(errno, "read own capabilities"));
  std::string names;
  for (const Named& one : needed(source, ports)) {
    if (!is_permitted(given, one.value)) continue;
    for (const cap_flag_t flag : {CAP_PERMITTED, CAP_EFFECTIVE}) {
      if (::cap_set_flag(kept.get(), flag, 1, &one.value, CAP_SET) != 0) {
        return fail(Error::from_errno(errno, "choose own capabilities"));
      }
    }
    if (!names.empty()) names += ',';
    names += one.name;
  }
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
    return fail(Error::from_errno(errno, "set no_new_privs"));
  }
  if (::cap_set_proc(kept.get()) != 0) {
    return fail(Error::from_errno(errno, "give up capabilities"));
  }
  return names.empty() ? "none" : names;
}

}  // namespace kcommons::daemon
