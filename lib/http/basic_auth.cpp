#include "http/basic_auth.hpp"

#include <crypt.h>
#include <sys/random.h>

#include <algorithm>
#include <array>
#include <memory>
#include <new>
#include <utility>

#include "base/text.hpp"
#include "http/message.hpp"

namespace kcommons::http {

namespace {

constexpr std::size_t kLongest = 4096;  // of credentials, in base64
constexpr std::size_t kRemembered = 100;

// Empty where the setting is no good, or the text is longer than any password may be.
std::string hash_of(const std::string& text, const std::string& setting) {
  // 32 KiB: not for the stack of a server's thread.
  const auto data = std::make_unique<crypt_data>();
  const char* const hash = ::crypt_r(text.c_str(), setting.c_str(), data.get());
  if (hash == nullptr || hash[0] == '*') return {};
  return hash;
}

// In a time that does not tell where they differ.
bool are_equal(std::string_view left, std::string_view right) {
  if (left.size() != right.size()) return false;
  unsigned difference = 0;
  for (std::size_t i = 0; i < left.size(); ++i) {
    difference |= static_cast<unsigned>(left[i] ^ right[i]);
  }
  return difference == 0;
}

std::optional<unsigned> value_of(char letter) {
  constexpr std::string_view kLetters =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const auto at = kLetters.find(letter);
  if (at == std::string_view::npos) return std::nullopt;
  return static_cast<unsigned>(at);
}

std::optional<std::string> decode_base64(std::string_view text) {
  while (text.ends_with('=')) text.remove_suffix(1);
  if (text.size() % 4 == 1) return std::nullopt;
  std::string out;
  unsigned bits = 0;
  unsigned count = 0;
  for (const char letter : text) {
    const auto value = value_of(letter);
    if (!value) return std::nullopt;
    bits = (bits << 6U) | *value;
    count += 6;
    if (count < 8) continue;
    count -= 8;
    out += static_cast<char>((bits >> count) & 0xFFU);
  }
  return out;
}

// Of sha256crypt at its cheapest: to remember by, not to guard a stolen file.
std::string random_salt() {
  constexpr std::string_view kLetters =
      "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  std::array<unsigned char, 16> bytes{};
  if (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) {
    throw std::bad_alloc();
  }
  std::string salt = "$5$rounds=1000$";
  for (const unsigned char byte : bytes) salt += kLetters[byte % kLetters.size()];
  return salt;
}

}  // namespace

std::optional<std::string> parse_basic(std::string_view authorization) {
  if (authorization.size() > kLongest) return std::nullopt;
  const std::string_view scheme = text::take_word(authorization);
  if (!equal_ignoring_case(scheme, "Basic")) return std::nullopt;
  auto credentials = decode_base64(text::trim(authorization));
  const bool is_whole = credentials && credentials->find(':') != std::string::npos &&
                        credentials->find('\0') == std::string::npos;
  return is_whole ? std::move(credentials) : std::nullopt;
}

BasicAuth::BasicAuth(std::map<std::string, std::string> users)
    : users_(std::move(users)), salt_(random_salt()) {
  // The cost is the two digits behind "$2y$"; equally long, so that they compare as numbers do.
  std::string cost = "10";
  for (const auto& [name, hash] : users_) cost = std::max(cost, hash.substr(4, 2));
  nobody_ = "$2b$" + cost + "$CwTycUXWue0Thq9StjUM0uJ8m7e9PbXhYVZr5l8D1gJmC7vKz2XyW";
}

std::string BasicAuth::token_of(const std::string& credentials) const {
  return hash_of(credentials, salt_);
}

bool BasicAuth::admits(std::optional<std::string_view> authorization) const {
  if (users_.empty()) return true;
  const auto credentials = authorization ? parse_basic(*authorization) : std::nullopt;
  const std::string said = credentials.value_or(":");
  const std::string token = token_of(said);
  if (!token.empty()) {
    const std::lock_guard lock(mutex_);
    if (right_.contains(token)) return true;
  }
  const auto colon = said.find(':');
  const auto user = users_.find(said.substr(0, colon));
  const bool is_known = user != users_.end();
  const std::string& expected = is_known ? user->second : nobody_;
  std::string hash;
  {
    const std::lock_guard lock(hashing_);
    hash = hash_of(said.substr(colon + 1), expected);
  }
  const bool is_right = are_equal(hash, expected) && is_known && credentials;
  if (!is_right || token.empty()) return is_right;
  const std::lock_guard lock(mutex_);
  if (right_.size() >= kRemembered) right_.clear();
  right_.insert(token);
  return true;
}

}  // namespace kcommons::http
