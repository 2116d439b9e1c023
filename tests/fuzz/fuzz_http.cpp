// What the server reads of a request behind its engine, and URLs of the client. The first byte
// chooses.
#include <algorithm>
#include <array>

#include "fuzz.hpp"
#include "http/accept.hpp"
#include "http/answer.hpp"
#include "http/percent.hpp"
#include "http/query.hpp"
#include "http/request_text.hpp"
#include "http/url.hpp"
#include "http/wire.hpp"

using namespace kcommons;
using namespace kcommons::http;
using namespace kcommons::fuzz;

namespace {

std::string encoded(std::string_view bytes) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  for (const char byte : bytes) {
    const auto code = static_cast<unsigned char>(byte);
    out += '%';
    out += kHex[code >> 4U];
    out += kHex[code & 0x0FU];
  }
  return out;
}

void accept(std::string_view text) {
  demand(prefers_text(text) == prefers_text(std::string(text) + ",image/png"),
         "a type that is not served decides nothing");
  (void)choose_exposition(text);
  demand(!accepts_gzip(std::nullopt), "nothing is compressed unasked");
  (void)accepts_gzip(text);
}

void query(std::string_view text) {
  constexpr std::array<std::string_view, 3> kKnown{"warn", "crit", "by"};
  const auto query = parsed_alike([&] { return parse_query(text, kKnown); });
  if (!query) return;
  std::string again;
  for (const auto& [name, value] : *query) {
    demand(std::ranges::find(kKnown, name) != kKnown.end(), "only known names stand in a query");
    again.append(again.empty() ? "" : "&").append(name).append("=").append(encoded(value));
  }
  const auto twice = parse_query(again, kKnown);
  demand(twice && *twice == *query, "a query survives being written");
}

void percent(std::string_view text) {
  const auto decoded = percent_decoded(text);
  if (decoded) demand(decoded->size() <= text.size(), "decoding adds nothing");
  const auto back = percent_decoded(encoded(text));
  demand(back && *back == text, "bytes survive being encoded");
}

void url(std::string_view text) {
  const auto url = parsed([&] { return parse_url(text); });
  if (!url) return;
  const auto again = parse_url(shown(*url));
  demand(again && again->host == url->host && again->port == url->port && again->path == url->path,
         "a URL survives being shown");
  demand(again->user.empty() && again->password.empty(), "a URL is shown without its user");
  const std::string request = request_text(*url, "/metrics");
  const auto lines = std::ranges::count(request, '\n');
  demand(lines == (url->user.empty() ? 5 : 6), "nothing in a URL makes a line of its own");
  demand(request.ends_with("\r\n\r\n"), "a request has an end");
}

// What the server writes the client reads.
void wire(std::string_view text) {
  Input input(reinterpret_cast<const std::uint8_t*>(text.data()), text.size());
  Response response;
  response.status = 200 + input.byte();
  response.content_type = input.until('\n');
  response.headers.emplace_back("X-Any", input.until('\n'));
  response.body = input.rest();
  AnswerReader reader(1 << 20);
  const auto head = reader.take(response_head(response, false, WallTime{}));
  // The reader allows a head of 16 KiB, and no body where the status says so.
  if (response.content_type.size() + response.headers[0].second.size() > 15000) return;
  demand(head.has_value(), "an answer's head can be read");
  if (response.status == 204 || response.status == 304) return;
  demand(reader.take(response.body).has_value(), "an answer's body can be read");
  demand(reader.is_complete(), "an answer has an end");
  demand(std::move(reader).answer().body == response.body, "a body arrives as it was");
}

void keep_alive(std::string_view text) {
  const Request request{
      .method = "GET", .path = "/", .query = "", .headers = {{"Connection", std::string(text)}}};
  (void)allows_keep_alive(request, "1.1");
}

constexpr std::array kReaders{accept, query, percent, url, wire, keep_alive};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  const auto reader = kReaders.at(input.choice(kReaders.size()));
  reader(input.rest());
  return 0;
}
