#include "bpf/records.hpp"

#include <cstdint>
#include <cstring>
#include <string>

namespace kcommons::bpf {

namespace {

Error malformed(std::uint32_t kind, std::size_t size) {
  return Error::malformed("decode a record of the BPF programs",
                          "kind " + std::to_string(kind) + ", " + std::to_string(size) + " bytes");
}

template <typename T>
Result<Record> whole(std::uint32_t kind, std::span<const std::byte> bytes) {
  if (bytes.size() != sizeof(T)) return fail(malformed(kind, bytes.size()));
  // The other side is C: its structs are the bytes that it wrote.
  return Record(reinterpret_cast<const T*>(bytes.data()));
}

Result<Record> cgroup(std::span<const std::byte> bytes) {
  kc_cgroup record{};
  constexpr std::size_t kHead = offsetof(kc_cgroup, name);
  if (bytes.size() < kHead) return fail(malformed(KC_RECORD_CGROUP, bytes.size()));
  std::memcpy(&record, bytes.data(), kHead);
  if (record.name_size != bytes.size() - kHead || record.name_size > KC_NAME_SIZE) {
    return fail(malformed(KC_RECORD_CGROUP, bytes.size()));
  }
  const auto* const name = reinterpret_cast<const char*>(bytes.data() + kHead);
  return Record(CgroupRecord{
      .id = record.id, .parent = record.parent, .name = std::string_view(name, record.name_size)});
}

Result<Record> css_set(std::span<const std::byte> bytes) {
  auto record = whole<kc_css_set>(KC_RECORD_CSS_SET, bytes);
  if (record && std::get<const kc_css_set*>(*record)->count > KC_HIERARCHIES) {
    return fail(malformed(KC_RECORD_CSS_SET, bytes.size()));
  }
  return record;
}

}  // namespace

Result<Record> decode(std::span<const std::byte> bytes) {
  std::uint32_t kind = 0;
  if (bytes.size() < sizeof(kind)) return fail(malformed(0, bytes.size()));
  std::memcpy(&kind, bytes.data(), sizeof(kind));
  switch (kind) {
    case KC_RECORD_UCOUNTS:
      return whole<kc_ucounts>(kind, bytes);
    case KC_RECORD_USER:
      return whole<kc_user>(kind, bytes);
    case KC_RECORD_CGROUP:
      return cgroup(bytes);
    case KC_RECORD_CSS_SET:
      return css_set(bytes);
    case KC_RECORD_PROCESS:
      return whole<kc_process>(kind, bytes);
    case KC_RECORD_TABLE:
      return whole<kc_table>(kind, bytes);
    case KC_RECORD_FILE:
      return whole<kc_file>(kind, bytes);
    case KC_RECORD_GROUP:
      return whole<kc_group>(kind, bytes);
    case KC_RECORD_HOST:
      return whole<kc_host>(kind, bytes);
    case KC_RECORD_OBJECT:
      return whole<kc_object>(kind, bytes);
    case KC_RECORD_NEIGHBOURS:
      return whole<kc_neighbours>(kind, bytes);
    default:
      return fail(malformed(kind, bytes.size()));
  }
}

}  // namespace kcommons::bpf
