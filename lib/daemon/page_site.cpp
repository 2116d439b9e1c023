#include "daemon/page_site.hpp"

#include <fmt/format.h>

#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "http/accept.hpp"
#include "http/pages.hpp"
#include "http/query.hpp"
#include "page/page.hpp"
#include "report/pool_rows.hpp"
#include "report/pools_text.hpp"

namespace kcommons::daemon {

namespace {

http::Response answer(int status, std::string html) {
  http::Response response = http::page_response(std::move(html), page::content_security_policy());
  response.status = status;
  return response;
}

http::Response refused(const page::Model& model, const Error& error) {
  return answer(
      400, page::trouble_page(model, "This address asks for what there is not", error.message()));
}

http::Response gone(const page::Model& model, std::string_view what) {
  return answer(404, page::trouble_page(
                         model, fmt::format("No such {}", what),
                         model.snapshot
                             ? fmt::format("The last census has no such {}. It may have been there "
                                           "in an earlier one: what is gone is gone from the next.",
                                           what)
                             : "The first census is not done yet."));
}

http::Response text_overview(const page::Model& model) {
  return http::page_text_response(model.snapshot
                                      ? report::pools_text(report::pool_rows(*model.snapshot))
                                      : "the first census is not done yet\n");
}

http::Response overview(const http::Request& request, const page::Model& model) {
  const auto accept = request.header("Accept");
  const bool as_text = accept && http::prefers_text(*accept);
  const auto parameters = http::parse_query(request.query, page::kViewNames);
  const auto view = parameters ? page::parse_view(*parameters) : fail(parameters.error());
  if (as_text) {
    return view ? text_overview(model) : http::text_response(400, view.error().message() + "\n");
  }
  if (!view) return refused(model, view.error());
  return answer(200, page::overview_page(model, *view));
}

http::Response pool(const http::Request& request, const page::Model& model) {
  const auto parameters = http::parse_query(request.query, page::kPoolNames);
  if (!parameters) return refused(model, parameters.error());
  const auto query = page::parse_pool_query(*parameters);
  if (!query) return refused(model, query.error());
  auto html = page::pool_page(model, *query);
  return html ? answer(200, std::move(*html)) : gone(model, "pool");
}

http::Response holder(const http::Request& request, const page::Model& model) {
  const auto parameters = http::parse_query(request.query, page::kHolderNames);
  if (!parameters) return refused(model, parameters.error());
  const auto query = page::parse_holder_query(*parameters);
  if (!query) return refused(model, query.error());
  auto html = page::holder_page(model, *query);
  return html ? answer(200, std::move(*html))
              : gone(model, query->is_container ? "container" : "unit");
}

}  // namespace

void add_pages(http::Router& router, const std::function<page::Model()>& model) {
  const auto add = [&router, &model](std::string_view path, auto page) {
    router.add(std::string(path),
               [model, page](const http::Request& request) { return page(request, model()); });
  };
  add("/", overview);
  add(page::kPoolPath, pool);
  add(page::kHolderPath, holder);
}

}  // namespace kcommons::daemon
