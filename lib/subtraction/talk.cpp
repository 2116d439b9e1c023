#include "subtraction/talk.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

#include "base/result.hpp"

namespace kcommons::subtraction {

void Talk::say(std::string_view line) const {
  std::string bytes(line);
  bytes += '\n';
  std::string_view rest = bytes;
  while (!rest.empty()) {
    const ssize_t sent = ::send(socket_, rest.data(), rest.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) ::_exit(1);
    rest.remove_prefix(static_cast<std::size_t>(sent));
  }
}

void Talk::ask(std::string_view line) const {
  say(line);
  char answer = 0;
  ssize_t got = 0;
  do {
    got = ::recv(socket_, &answer, 1, 0);
  } while (got < 0 && errno == EINTR);
  if (got != 1) ::_exit(1);
}

void Talk::could_not(catalogue::ResourceId resource, std::string_view attempted, int error) const {
  say(line_of(NotAsked{.resource = resource,
                       .reason = Error::from_errno(error, std::string(attempted)).message()}));
}

}  // namespace kcommons::subtraction
