// The web configuration: the file of users and headers, and the header Authorization that is held
// against it.
#include <algorithm>
#include <string>

#include "config/web_config.hpp"
#include "fuzz.hpp"
#include "http/basic_auth.hpp"

using namespace kcommons;
using namespace kcommons::config;
using namespace kcommons::fuzz;

namespace {

void check_users(const WebConfig& config) {
  for (const auto& [name, hash] : config.users) {
    demand(!name.empty() && name.find(':') == std::string::npos, "a user has a name without ':'");
    demand(hash.size() == 60 && hash.starts_with("$2"), "a password is a hash of bcrypt");
    demand(std::ranges::all_of(hash, [](char letter) { return letter > ' ' && letter < '\x7F'; }),
           "a hash is plain text");
  }
}

void check_file(std::string_view yaml) {
  const WebConfigResult result = parse_web_config(yaml, "web.yaml");
  demand(result.errors.size() <= 101, "errors have a limit");
  for (const ConfigError& error : result.errors) {
    demand(is_printable(error.text()), "an error is one printable line");
    demand(error.text().starts_with("web.yaml:"), "an error has its place");
  }
  const WebConfigResult again = parse_web_config(yaml, "web.yaml");
  demand(result.config == again.config && result.errors.size() == again.errors.size(),
         "a file always reads to the same");
  if (!result.errors.empty()) return;
  check_users(result.config);
  for (const auto& [name, value] : result.config.headers) {
    demand(is_printable(name) && is_printable(value), "a header is one line");
    demand(!name.empty() && !value.empty(), "a header has a name and a value");
  }
  const http::BasicAuth auth(result.config.users);
  demand(!result.config.users.empty() || auth.ask("Basic Og==", "") == http::Admission::kAdmitted,
         "without users everybody is admitted");
}

std::string base64_of(std::string_view bytes) {
  constexpr std::string_view kLetters =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t group = 0;
    for (std::size_t k = 0; k < 3; ++k) {
      const std::size_t at = i + k;
      group = group << 8U | (at < bytes.size() ? static_cast<unsigned char>(bytes[at]) : 0U);
    }
    for (std::size_t k = 0; k < 4; ++k) {
      out += i + k > bytes.size() ? '=' : kLetters[(group >> (18 - 6 * k)) & 0x3FU];
    }
  }
  return out;
}

void check_authorization(std::string_view header) {
  const auto credentials = http::parse_basic(header);
  demand(credentials == http::parse_basic(header), "a header always reads to the same");
  if (credentials) {
    demand(credentials->find(':') != std::string::npos, "credentials are a name and a password");
    demand(credentials->find('\0') == std::string::npos, "credentials have no NUL");
    demand(credentials->size() < header.size(), "decoding adds nothing");
  }
  if (header.size() > 2048) return;
  const std::string text = "user:" + std::string(header);
  const auto back = http::parse_basic("Basic " + base64_of(text));
  demand(text.find('\0') != std::string::npos ? !back : back == text,
         "credentials survive being encoded");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  check_file(input.rest());
  check_authorization(input.rest());
  return 0;
}
