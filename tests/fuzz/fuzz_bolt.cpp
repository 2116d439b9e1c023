// podman's file of Bolt. Behind two choices an input is a list of changes to the real one of
// tests/fixtures: where, in three bytes, how many bytes, and these; or a file of its own.
#include <algorithm>
#include <fstream>
#include <iterator>

#include "facts_check.hpp"
#include "identity/podman_state.hpp"

using namespace kcommons;
using namespace kcommons::identity;
using namespace kcommons::fuzz;

namespace {

// Alone, and the member of a pod.
constexpr std::string_view kIds[] = {
    "986406a4ede92dc1aed7e806a16b076e81deab3e6ea1270b959a87f132d48234",
    "394e8899e8e43c36b8f293c66ea1211fb23d2695fb58e73a893c1bbc59949b83"};

const std::string& capture() {
  static const std::string kFile = [] {
    std::ifstream file(KCOMMONS_FIXTURES "/identity/runtime/podman.bolt_state.db",
                       std::ios::binary);
    std::string bytes{std::istreambuf_iterator<char>(file), {}};
    demand(!bytes.empty(), "the capture is there");
    return bytes;
  }();
  return kFile;
}

std::string changed(Input input) {
  std::string file = capture();
  while (!input.is_empty()) {
    const std::size_t low = input.byte();
    const std::size_t middle = input.byte();
    const std::size_t at = (low | middle << 8U | std::size_t{input.byte()} << 16U) % file.size();
    const std::size_t count = 1U + input.byte() % 8U;
    for (std::size_t i = at; i < std::min(at + count, file.size()); ++i) {
      file[i] = static_cast<char>(input.byte());
    }
  }
  return file;
}

void check(const std::string& file, std::string_view id) {
  const auto facts = find_podman_container(file, id);
  if (!facts) demand(is_printable(facts.error().message()), "an error is one printable line");
  if (!facts || !*facts) return;
  check_facts(**facts);
  demand((*facts)->id == id, "a container has the id that was asked for");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  const std::string_view id = kIds[input.choice(2)];
  if (input.choice(26) == 25) {
    check(std::string(input.rest()), id);
  } else {
    check(changed(input), id);
  }
  return 0;
}
