#include "page/frame.hpp"

#include "page/html.hpp"
#include "page/state_section.hpp"

namespace kcommons::page {

namespace {

// Of an icon in the page itself: without one a browser asks for /favicon.ico. Three bars, the top
// one nearly full.
constexpr std::string_view kIcon =
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E"
    "%3Crect width='16' height='16' rx='3' fill='%231f2a37'/%3E"
    "%3Cpath d='M3 4.5h10' stroke='%23ef6a5b' stroke-width='2'/%3E"
    "%3Cpath d='M3 8h6M3 11.5h3' stroke='%23b8c4d4' stroke-width='2'/%3E%3C/svg%3E";

constexpr std::string_view kPolicy =
    "default-src 'none'; "
    "style-src 'sha256-+1voAlgv65qtr5LsTeC4lqoRQqrHXbKsSZ1qhnrrZi8='; "
    "script-src 'sha256-tkGg945erLFMVrA+G6dy3CUg+P+3VxB6Mv2Kpbr8uEI='; "
    "img-src data:; connect-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'";

}  // namespace

std::string_view content_security_policy() {
  return kPolicy;
}

std::string document(const Model& model, std::string_view title, std::string_view main) {
  std::string out;
  out.reserve(main.size() + style_sheet().size() + script().size() + 4096);
  add(out,
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta name=\"color-scheme\" content=\"light dark\">\n"
      "<link rel=\"icon\" href=\"{}\">\n<title>{}</title>\n<style>{}</style>\n</head>\n<body>\n",
      kIcon, title, style_sheet());
  add(out,
      "<a class=\"skip\" href=\"#main\">Skip to the answer</a>\n"
      "<header class=\"site\"><p class=\"brand\"><a href=\"/\">kcommons</a> <small>{}</small></p>"
      "<nav aria-label=\"kcommons\"><a href=\"/#pools\">Pools</a><a href=\"/#holders\">Holders</a>"
      "<a href=\"/#incidents\">Incidents</a><a href=\"{}\">Metrics</a></nav>"
      "<p class=\"live\"><output id=\"note\"></output>"
      "<button id=\"pause\" type=\"button\" aria-pressed=\"false\" hidden>Pause "
      "refresh</button></p>"
      "</header>\n",
      safe(model.version), safe(model.telemetry_path));
  add(out, "<main id=\"main\" tabindex=\"-1\">\n");
  out += main;
  add(out, "</main>\n<script>{}</script>\n</body>\n</html>\n", script());
  return out;
}

}  // namespace kcommons::page
