// Who may ask: Basic authentication (RFC 7617) against hashes of bcrypt. It costs the same whether
// a user is known, unknown or not named, so that time tells nobody who is. What was found right is
// remembered, not as a password but as a hash of its own, because a scrape each second would cost
// 64 ms each; hashes are made one at a time, so that many who are wrong take one processor and no
// more. Thread-safe.
#pragma once

#include <cstddef>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace kcommons::http {

class BasicAuth final {
 public:
  // Name → hash, which must be of bcrypt. Without users everybody is admitted.
  explicit BasicAuth(std::map<std::string, std::string> users);

  // `authorization`: the header of that name.
  [[nodiscard]] bool admits(std::optional<std::string_view> authorization) const;

 private:
  [[nodiscard]] std::string token_of(const std::string& credentials) const;

  std::map<std::string, std::string> users_;
  std::string nobody_;  // a hash of no password: what an unknown user is held against
  std::string salt_;
  mutable std::mutex hashing_;
  mutable std::mutex mutex_;
  mutable std::set<std::string> right_;  // tokens
};

// "Basic dXNlcjpwYXNz" → "user:pass". Pure.
std::optional<std::string> parse_basic(std::string_view authorization);

}  // namespace kcommons::http
