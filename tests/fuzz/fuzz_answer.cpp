// The answer of another server, in pieces: where one ends the first bytes say.
#include <algorithm>

#include "fuzz.hpp"
#include "http/answer.hpp"

using namespace kcommons;
using namespace kcommons::http;
using namespace kcommons::fuzz;

namespace {

constexpr std::size_t kMost = 1000;

Result<Answer> read(std::string_view bytes, std::size_t piece) {
  AnswerReader reader(kMost);
  while (!bytes.empty() && !reader.is_complete()) {
    const std::string_view next = bytes.substr(0, piece);
    if (auto taken = reader.take(next); !taken) return fail(taken.error());
    bytes.remove_prefix(next.size());
  }
  if (auto ended = reader.end(); !ended) return fail(ended.error());
  return std::move(reader).answer();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  const std::size_t piece = 1 + input.choice(64);
  const auto whole = parsed([&] { return read(input.rest(), size + 1); });
  const auto in_pieces = parsed([&] { return read(input.rest(), piece); });
  demand(whole.has_value() == in_pieces.has_value(), "success does not depend on the pieces");
  if (!whole) return 0;
  demand(whole->status == in_pieces->status && whole->headers == in_pieces->headers &&
             whole->body == in_pieces->body,
         "an answer does not depend on its pieces");
  demand(whole->body.size() <= kMost, "a body has a limit");
  demand(whole->status >= 100 && whole->status <= 999, "a status has three digits");
  for (const auto& [name, value] : whole->headers) {
    demand(!name.empty(), "a header has a name");
    demand(value.find('\n') == std::string::npos, "a header is one line");
  }
  return 0;
}
