// /proc/key-users: kernel keys by UID, and what each may have (proc_key_users(5);
// security/keys/proc.c, proc_key_users_show). A reader sees the UIDs that its user namespace has
// numbers for. Pure, thread-safe.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/ids.hpp"
#include "base/result.hpp"

namespace kcommons::procfs {

struct KeyUser {
  Uid uid;
  std::uint64_t keys = 0;  // those that count towards the quota
  std::uint64_t max_keys = 0;
  std::uint64_t bytes = 0;  // of descriptions and payloads, likewise
  std::uint64_t max_bytes = 0;
};

// Lines "    0:     9 8/8 3/1000000 48/25000000": UID, references, keys/instantiated,
// keys/maximum, bytes/maximum.
Result<std::vector<KeyUser>> parse_key_users(std::string_view text);

}  // namespace kcommons::procfs
