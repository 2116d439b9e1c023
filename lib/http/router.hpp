// Which handler answers which path. Paths match whole and byte by byte: "/metrics" is neither
// "/metrics/" nor "//metrics" nor "/%6Detrics". Routes are added before the server starts; after
// that handle() is safe from any thread if the routes are.
//
// A path that has no route is answered with 404; one that has, with 405 and Allow for any method
// that is not its own. A HEAD request is handled as a GET, for its headers must be the same; the
// server leaves out the body.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "http/message.hpp"

namespace kcommons::http {

class Router final {
 public:
  // A second route for the same path takes the place of the first. For GET and HEAD:
  void add(std::string path, Handler route);
  // For POST alone, of what changes something.
  void add_post(std::string path, Handler route);
  [[nodiscard]] Response handle(const Request& request) const;

 private:
  struct Route {
    Handler handler;
    bool is_post = false;
  };
  std::map<std::string, Route, std::less<>> routes_;
};

}  // namespace kcommons::http
