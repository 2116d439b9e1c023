#include "http/router.hpp"

#include <utility>

#include "http/pages.hpp"

namespace kcommons::http {

void Router::add(std::string path, Handler route) {
  routes_.insert_or_assign(std::move(path), std::move(route));
}

Response Router::handle(const Request& request) const {
  const auto route = routes_.find(request.path);
  if (route == routes_.end()) return text_response(404, "not found\n");
  if (request.method != "GET" && request.method != "HEAD") {
    Response refusal = text_response(405, "method not allowed\n");
    refusal.headers.emplace_back("Allow", "GET, HEAD");
    return refusal;
  }
  return route->second(request);
}

}  // namespace kcommons::http
