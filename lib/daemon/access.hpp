// Who may ask, and what headers answers get: the file of web.config_file, looked at with each
// request and read again when it has changed. While it has a mistake, or cannot be read, nobody
// gets in: what was right before may be what the change is to end. Nor does anybody once it had
// users and has none, which a file that is just being written may look like. Thread-safe.
#pragma once

#include <cstdint>
#include <ctime>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "base/result.hpp"
#include "config/web_config.hpp"
#include "http/basic_auth.hpp"
#include "http/message.hpp"

namespace kcommons::daemon {

class Access final {
 public:
  // `path` empty: everybody may ask everything. `report` is called with the mistakes of the file
  // each time it is read, with nothing where it is good, by whichever thread asks.
  using Report = std::function<void(const std::string& mistakes)>;
  Access(std::string path, Report report) : path_(std::move(path)), report_(std::move(report)) {}

  // `handler`, for those who may.
  [[nodiscard]] http::Handler guard(http::Handler handler) const;

  // Who waits to have a password looked at is told that there is no time for it, now and later.
  void close() const;

 private:
  // What tells one content of a file from another, as far as can be told without reading it.
  struct Version {
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
    std::uint64_t size = 0;
    timespec changed{};
    bool operator==(const Version& other) const;
  };
  struct State {
    std::optional<Version> version;  // empty: it could not be looked at
    std::string mistakes;
    config::WebConfig config;
    std::shared_ptr<const http::BasicAuth> auth;
  };
  [[nodiscard]] std::optional<Version> look() const;
  [[nodiscard]] State read() const;
  [[nodiscard]] std::shared_ptr<const State> state() const;
  [[nodiscard]] std::shared_ptr<const State> state_in_force(bool& is_new) const;

  std::string path_;
  Report report_;
  mutable std::mutex mutex_;
  mutable std::shared_ptr<const State> state_;
  mutable bool had_users_ = false;
  mutable bool closed_ = false;
};

}  // namespace kcommons::daemon
