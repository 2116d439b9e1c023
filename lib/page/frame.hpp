// What all pages have in common: the document around them, its one style sheet, its one script and
// the policy that lets a browser use these and nothing else. Pure, thread-safe.
#pragma once

#include <string>
#include <string_view>

#include "page/model.hpp"

namespace kcommons::page {

// `title` and `main` are HTML.
std::string document(const Model& model, std::string_view title, std::string_view main);

// The Content-Security-Policy to send with every page. A change of the style sheet or the script
// needs its new hash there; the unit test says which.
std::string_view content_security_policy();

// What stands in the style element and in the script element.
std::string_view style_sheet();
std::string_view script();

}  // namespace kcommons::page
