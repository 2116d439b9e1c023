// Records of the BPF programs: decoded as they are, and many of them all the way to what is served.
// In these each word of a record is one byte of the input, so that records speak of each other.
#include <algorithm>
#include <cstring>
#include <utility>
#include <variant>
#include <vector>

#include "attribution/attributor.hpp"
#include "bpf/records.hpp"
#include "census/bpf_books.hpp"
#include "census/placements.hpp"
#include "cgroup/layouts.hpp"
#include "exposition/render.hpp"
#include "exposition_checker.hpp"
#include "fuzz.hpp"

using namespace kcommons;
using namespace kcommons::fuzz;

namespace {

std::size_t size_of(std::uint32_t kind, std::size_t name_size) {
  switch (kind) {
    case KC_RECORD_UCOUNTS:
      return sizeof(kc_ucounts);
    case KC_RECORD_USER:
      return sizeof(kc_user);
    case KC_RECORD_CGROUP:
      return offsetof(kc_cgroup, name) + name_size;
    case KC_RECORD_CSS_SET:
      return sizeof(kc_css_set);
    case KC_RECORD_PROCESS:
      return sizeof(kc_process);
    case KC_RECORD_TABLE:
      return sizeof(kc_table);
    case KC_RECORD_FILE:
      return sizeof(kc_file);
    case KC_RECORD_GROUP:
      return sizeof(kc_group);
    case KC_RECORD_HOST:
      return sizeof(kc_host);
    case KC_RECORD_OBJECT:
      return sizeof(kc_object);
    case KC_RECORD_NEIGHBOURS:
      return sizeof(kc_neighbours);
    default:
      return 16;
  }
}

void decode_raw(std::string_view text) {
  std::vector<std::byte> bytes(text.size());
  std::ranges::transform(text, bytes.begin(), [](char byte) { return std::byte(byte); });
  const auto record = parsed([&] { return bpf::decode(bytes); });
  if (!record) return;
  const auto* const cgroup = std::get_if<bpf::CgroupRecord>(&*record);
  if (cgroup == nullptr) return;
  demand(cgroup->name.size() <= KC_NAME_SIZE && cgroup->name.size() < bytes.size(),
         "the name of a cgroup is in its record");
}

std::vector<std::byte> next_record(Input& input) {
  const std::uint32_t kind = input.byte() % 14U;
  const std::size_t name_size = kind == KC_RECORD_CGROUP ? input.byte() % 64U : 0;
  std::vector<std::byte> bytes(size_of(kind, name_size));
  const std::size_t name_at = bytes.size() - name_size;
  for (std::size_t at = 0; at < bytes.size(); at += at < name_at ? 4 : 1) {
    bytes[at] = std::byte(input.byte());
  }
  std::memcpy(bytes.data(), &kind, sizeof kind);
  if (kind == KC_RECORD_CGROUP) {
    const auto size = static_cast<std::uint32_t>(name_size);
    std::memcpy(bytes.data() + sizeof kind, &size, sizeof size);
  }
  return bytes;
}

void book(Input& input, bool serve) {
  static const auto kLayouts = cgroup::Layouts::built_in();
  census::BpfBooks books;
  while (!input.is_empty()) {
    // Gone when it is booked, as in the ring buffer.
    const std::vector<std::byte> bytes = next_record(input);
    const auto record = bpf::decode(bytes);
    if (record) books.take(*record);
  }
  books.take(books.names());
  census::Placements placements(kLayouts);
  census::Census census;
  placements.begin(census);
  std::move(books).write_into(census, placements);
  placements.end();
  for (const auto& process : census.processes) {
    demand(process.placement < census.placements.size(), "a process has a placement");
  }
  if (!serve) return;
  attribution::Attributor attributor({.max_containers = 2, .max_units = 2, .max_pools = 4}, 0.5);
  const std::string text = exposition::render_holdings(attributor.attribute(census));
  const auto violations = testing::check_exposition(text);
  if (!violations.empty()) std::fprintf(stderr, "%s\n", violations[0].c_str());
  demand(violations.empty(), "what is served is well-formed");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  const std::size_t choice = input.choice(8);
  if (choice == 0) {
    decode_raw(input.rest());
  } else {
    // Takes twenty times as long as the books alone.
    book(input, choice == 1);
  }
  return 0;
}
