// The same of libbpf: walks that cannot be begun, a ring buffer that cannot be read, and records
// that are not what the programs wrote.
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "bpf/records.h"
#include "wrapped.hpp"

extern "C" {
int __real_bpf_iter_create(int link_fd);
int __real_ring_buffer__consume(ring_buffer* ring);
ring_buffer* __real_ring_buffer__new(int map_fd, ring_buffer_sample_fn take, void* context,
                                     const ring_buffer_opts* options);
int __real_bpf_object__load_skeleton(bpf_object_skeleton* skeleton);
}

namespace {

using namespace kcommons::test;

// Of the programs that were loaded last.
struct Programs {
  ring_buffer_sample_fn take = nullptr;
  void* context = nullptr;
  kc_control* control = nullptr;
};
Programs& programs() {
  static Programs last;
  return last;
}

// Where the variable `control` is, which the programs share with their loader.
kc_control* find_control(const bpf_object_skeleton& skeleton) {
  const btf* const types = bpf_object__btf(*skeleton.obj);
  const int section = btf__find_by_name_kind(types, ".bss", BTF_KIND_DATASEC);
  if (section < 0) return nullptr;
  const btf_type* const type = btf__type_by_id(types, static_cast<__u32>(section));
  for (int i = 0; i < skeleton.map_cnt; ++i) {
    const bpf_map_skeleton& map = skeleton.maps[i];
    if (map.mmaped == nullptr || !std::string_view(map.name).ends_with("bss")) continue;
    for (int j = 0; j < btf_vlen(type); ++j) {
      const btf_var_secinfo& variable = btf_var_secinfos(type)[j];
      const btf_type* const named = btf__type_by_id(types, variable.type);
      if (std::string_view(btf__name_by_offset(types, named->name_off)) != "control") continue;
      return reinterpret_cast<kc_control*>(static_cast<char*>(*map.mmaped) + variable.offset);
    }
  }
  return nullptr;
}

template <typename T>
std::string of_process(std::string_view name, const void* data) {
  return std::string(name) + " of " + std::to_string(static_cast<const T*>(data)->pid);
}

std::string name_of_record(const void* data) {
  switch (*static_cast<const std::uint32_t*>(data)) {
    case KC_RECORD_UCOUNTS:
      return "ucounts";
    case KC_RECORD_USER:
      return "user";
    case KC_RECORD_CGROUP: {
      const auto* const record = static_cast<const kc_cgroup*>(data);
      return "cgroup of " + std::string(record->name, record->name_size);
    }
    case KC_RECORD_CSS_SET:
      return "css_set";
    case KC_RECORD_PROCESS:
      return of_process<kc_process>("process", data);
    case KC_RECORD_TABLE:
      return of_process<kc_table>("table", data);
    case KC_RECORD_FILE:
      return of_process<kc_file>("file", data);
    case KC_RECORD_GROUP:
      return of_process<kc_group>("group", data);
    case KC_RECORD_HOST:
      return "host";
    case KC_RECORD_OBJECT:
      return of_process<kc_object>("object", data);
    case KC_RECORD_NEIGHBOURS:
      return "neighbours";
    default:
      return "calibration";
  }
}

int take_record(void* /*context*/, void* data, std::size_t size) {
  const Programs& to = programs();
  constexpr std::size_t kKindSize = sizeof(std::uint32_t);
  const Fault fault = ask(CallKind::kRecord, -1, name_of_record(data));
  if (fault == Fault::kLost && to.control != nullptr) ++to.control->lost;
  if (fault == Fault::kLost || fault == Fault::kEmpty) return 0;
  // Aligned as records are.
  std::vector<std::uint64_t> copy(size / sizeof(std::uint64_t) + 1);
  std::memcpy(copy.data(), data, size);
  // What kind it is stays: else it would be no record at all.
  if (fault == Fault::kGarbage) {
    fill_with_garbage(reinterpret_cast<char*>(copy.data()) + kKindSize, size - kKindSize);
  }
  return to.take(to.context, copy.data(), fault == Fault::kCut ? size / 2 : size);
}

}  // namespace

extern "C" {

int __wrap_bpf_iter_create(int link_fd) {
  if (fails(ask(CallKind::kWalk, -1, "bpf"))) return -1;
  return remember(__real_bpf_iter_create(link_fd), "bpf");
}

int __wrap_ring_buffer__consume(ring_buffer* ring) {
  const Fault fault = ask(CallKind::kConsume, -1, "bpf");
  if (error_of(fault) != 0) return -error_of(fault);
  return __real_ring_buffer__consume(ring);
}

ring_buffer* __wrap_ring_buffer__new(int map_fd, ring_buffer_sample_fn take, void* context,
                                     const ring_buffer_opts* options) {
  programs().take = take;
  programs().context = context;
  return __real_ring_buffer__new(map_fd, take_record, nullptr, options);
}

int __wrap_bpf_object__load_skeleton(bpf_object_skeleton* skeleton) {
  const int result = __real_bpf_object__load_skeleton(skeleton);
  if (result == 0) programs().control = find_control(*skeleton);
  return result;
}

}  // extern "C"
