// The records of the BPF programs (records.h), as they come out of the ring buffer: which one it
// is, and that it is whole. Pure, thread-safe.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <variant>

#include "base/result.hpp"
#include "bpf/records.h"

namespace kcommons::bpf {

// A directory of a cgroup hierarchy. The name is as its maker wrote it: any byte but '/' and NUL.
struct CgroupRecord {
  std::uint64_t id = 0;
  std::uint64_t parent = 0;  // 0 at the root
  std::string_view name;
};

// Points into the bytes that were decoded, and lives as long.
using Record = std::variant<const kc_ucounts*, const kc_user*, CgroupRecord, const kc_css_set*,
                            const kc_process*, const kc_table*, const kc_file*, const kc_group*,
                            const kc_host*, const kc_object*, const kc_neighbours*>;

// `bytes` must be aligned to 8. An error of kind kMalformed for what is no record of these.
Result<Record> decode(std::span<const std::byte> bytes);

}  // namespace kcommons::bpf
