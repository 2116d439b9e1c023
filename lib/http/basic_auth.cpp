#include "http/basic_auth.hpp"

#include <crypt.h>
#include <fmt/core.h>
#include <sys/random.h>

#include <algorithm>
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

// The two digits behind "$2y$".
int cost_of(std::string_view hash) {
  return text::parse_number<int>(hash.substr(4, 2)).value_or(0);
}

// A hash of no password: what an unknown user is held against.
std::string nobody_of(int cost) {
  return fmt::format("$2b${:02}$CwTycUXWue0Thq9StjUM0uJ8m7e9PbXhYVZr5l8D1gJmC7vKz2XyW", cost);
}

HashKey random_key() {
  HashKey key{};
  if (::getrandom(key.data(), sizeof key, 0) != static_cast<ssize_t>(sizeof key)) {
    throw std::bad_alloc();
  }
  return key;
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
    : users_(std::move(users)), key_(random_key()) {
  for (const auto& [name, hash] : users_) dearest_ = std::max(dearest_, cost_of(hash));
}

class BasicAuth::Turn final {
 public:
  Turn(const BasicAuth& auth, const std::string& peer) : auth_(auth) {
    std::unique_lock lock(auth_.mutex_);
    const bool is_full =
        auth_.asking_.size() >= kOfAll || auth_.asking_.count(peer) >= kOfOneAddress;
    if (is_full || auth_.closed_) return;
    place_ = auth_.asking_.insert(peer);
    auth_.turn_ended_.wait(lock, [this] { return !auth_.hashing_ || auth_.closed_; });
    if (auth_.closed_) {
      auth_.asking_.erase(*place_);
      place_.reset();
      return;
    }
    auth_.hashing_ = true;
  }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;
  ~Turn() {
    if (!place_) return;
    const std::lock_guard lock(auth_.mutex_);
    auth_.asking_.erase(*place_);
    auth_.hashing_ = false;
    auth_.turn_ended_.notify_one();
  }

  [[nodiscard]] bool has_come() const { return place_.has_value(); }

 private:
  const BasicAuth& auth_;
  std::optional<std::multiset<std::string>::iterator> place_;
};

Admission BasicAuth::ask(std::optional<std::string_view> authorization,
                         const std::string& peer) const {
  if (users_.empty()) return Admission::kAdmitted;
  const auto credentials = authorization ? parse_basic(*authorization) : std::nullopt;
  const Hash hash = keyed_hash(key_, credentials.value_or(""));
  {
    const std::lock_guard lock(mutex_);
    if (right_.contains(hash)) return Admission::kAdmitted;
  }
  const Turn turn(*this, peer);
  if (!turn.has_come()) return Admission::kBusy;
  const bool is_admitted = is_right(credentials.value_or(":")) && credentials;
  if (!is_admitted) return Admission::kRefused;
  const std::lock_guard lock(mutex_);
  if (right_.size() >= kRemembered) right_.clear();
  right_.insert(hash);
  return Admission::kAdmitted;
}

void BasicAuth::close() const {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  turn_ended_.notify_all();
}

bool BasicAuth::is_right(const std::string& credentials) const {
  const auto colon = credentials.find(':');
  const std::string password = credentials.substr(colon + 1);
  const auto user = users_.find(credentials.substr(0, colon));
  const bool is_known = user != users_.end();
  const std::string expected = is_known ? user->second : nobody_of(dearest_);
  const std::string hash = hash_of(password, expected);
  // Each cost is twice the one before, so that these make up for a hash that is not so dear.
  for (int cost = cost_of(expected); cost < dearest_; ++cost) hash_of(password, nobody_of(cost));
  return are_equal(hash, expected) && is_known;
}

}  // namespace kcommons::http
