// Who may ask: Basic authentication (RFC 7617) against hashes of bcrypt. It costs the same whether
// a user is known, unknown or not named, so that time tells nobody who is: what the dearest of the
// hashes costs.
//
// A hash of bcrypt is meant to be dear, some 50 ms, so one is made at a time, and whoever would
// have to wait too long is told to come again: many who are wrong take one processor and no more,
// and a few of the server's threads. One address alone cannot take all places in the queue. What
// was found right is remembered, not as a password but as a keyed hash of it, and is admitted
// without a queue: no flood of wrong passwords keeps out who was in before. Thread-safe.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "http/keyed_hash.hpp"

namespace kcommons::http {

enum class Admission : std::uint8_t {
  kAdmitted,
  kRefused,
  kBusy,  // not looked at, for want of time; the same for right and wrong
};

class BasicAuth final {
 public:
  // Who may be hashed for or wait at once, of one address and of all.
  static constexpr std::size_t kOfOneAddress = 4;
  static constexpr std::size_t kOfAll = 16;

  // Name → hash, which must be of bcrypt. Without users everybody is admitted.
  explicit BasicAuth(std::map<std::string, std::string> users);

  // `authorization`: the header of that name. `peer`: the address that asks.
  [[nodiscard]] Admission ask(std::optional<std::string_view> authorization,
                              const std::string& peer) const;

  // Nobody waits any more: who does is told kBusy, and so is who would have to.
  void close() const;

 private:
  // A turn to make a hash, waited for; or none, at once.
  class Turn;

  [[nodiscard]] bool is_right(const std::string& credentials) const;

  std::map<std::string, std::string> users_;
  int dearest_ = 0;  // the highest cost of a hash
  HashKey key_;
  mutable std::mutex mutex_;
  mutable std::set<Hash> right_;
  mutable std::multiset<std::string> asking_;  // addresses of those who have or wait for a turn
  mutable bool hashing_ = false;
  mutable bool closed_ = false;
  mutable std::condition_variable turn_ended_;
};

// "Basic dXNlcjpwYXNz" → "user:pass". Pure.
std::optional<std::string> parse_basic(std::string_view authorization);

}  // namespace kcommons::http
