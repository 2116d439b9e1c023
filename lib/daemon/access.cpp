#include "daemon/access.hpp"

#include <sys/stat.h>

#include <utility>

#include "http/pages.hpp"

namespace kcommons::daemon {

bool Access::Version::operator==(const Version& other) const {
  return device == other.device && inode == other.inode && size == other.size &&
         changed.tv_sec == other.changed.tv_sec && changed.tv_nsec == other.changed.tv_nsec;
}

std::optional<Access::Version> Access::look() const {
  struct stat status {};
  if (::stat(path_.c_str(), &status) != 0) return std::nullopt;
  return Version{.device = status.st_dev,
                 .inode = status.st_ino,
                 .size = static_cast<std::uint64_t>(status.st_size),
                 .changed = status.st_ctim};
}

Access::State Access::read() const {
  State state;
  // Before it is read: what changes meanwhile is read again.
  state.version = look();
  auto loaded = config::load_web_config(path_);
  for (const auto& error : loaded.errors)
    state.mistakes += (state.mistakes.empty() ? "" : "; ") + error.text();
  state.config = std::move(loaded.config);
  state.auth = std::make_shared<const http::BasicAuth>(state.config.users);
  return state;
}

std::shared_ptr<const Access::State> Access::state_in_force(bool& is_new) const {
  const auto version = look();
  const std::lock_guard lock(mutex_);
  is_new = !state_ || !version || state_->version != version;
  if (!is_new) return state_;
  State next = read();
  if (next.mistakes.empty() && had_users_ && next.config.users.empty()) {
    next.mistakes = path_ + ": had users and has none: start kcommons again to let everybody in";
  }
  had_users_ = had_users_ || !next.config.users.empty();
  if (closed_) next.auth->close();
  state_ = std::make_shared<const State>(std::move(next));
  return state_;
}

// What it is told may take time, in which nobody else is to wait.
std::shared_ptr<const Access::State> Access::state() const {
  bool is_new = false;
  auto now = state_in_force(is_new);
  if (is_new) report_(now->mistakes);
  return now;
}

void Access::close() const {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  if (state_) state_->auth->close();
}

http::Handler Access::guard(http::Handler handler) const {
  if (path_.empty()) return handler;
  return [this, handler = std::move(handler)](const http::Request& request) {
    const auto now = state();
    // Nothing of what is wrong is told to who asks.
    if (!now->mistakes.empty()) return http::text_response(500, "the web configuration is wrong\n");
    http::Response response;
    switch (now->auth->ask(request.header("Authorization"), request.peer)) {
      case http::Admission::kAdmitted:
        response = handler(request);
        break;
      case http::Admission::kRefused:
        response = http::text_response(401, "unauthorized\n");
        response.headers.emplace_back("WWW-Authenticate", "Basic");
        break;
      case http::Admission::kBusy:
        response = http::busy_response("too many passwords to look at\n");
        break;
    }
    const auto& headers = now->config.headers;
    response.headers.insert(response.headers.end(), headers.begin(), headers.end());
    return response;
  };
}

}  // namespace kcommons::daemon
