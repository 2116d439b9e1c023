#include "http/router.hpp"

#include <utility>

#include "http/pages.hpp"

namespace kcommons::http {

void Router::add(std::string path, Handler route) {
  routes_.insert_or_assign(std::move(path), Route{.handler = std::move(route)});
}

void Router::add_post(std::string path, Handler route) {
  routes_.insert_or_assign(std::move(path), Route{.handler = std::move(route), .is_post = true});
}

Response Router::handle(const Request& request) const {
  const auto at = routes_.find(request.path);
  if (at == routes_.end()) return text_response(404, "not found\n");
  const Route& route = at->second;
  const bool is_read = request.method == "GET" || request.method == "HEAD";
  if (route.is_post ? request.method != "POST" : !is_read) {
    Response refusal = text_response(405, "method not allowed\n");
    refusal.headers.emplace_back("Allow", route.is_post ? "POST" : "GET, HEAD");
    return refusal;
  }
  return route.handler(request);
}

}  // namespace kcommons::http
