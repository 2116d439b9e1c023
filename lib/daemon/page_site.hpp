// The pages for people: requests to the model of lib/page and its answers. "/" is a plain table for
// clients that prefer text. Thread-safe if the function that makes the model is.
#pragma once

#include <functional>
#include <memory>

#include "http/message.hpp"
#include "http/router.hpp"
#include "page/model.hpp"

namespace kcommons::daemon {

// Adds "/", "/pool" and "/holder" to the router. `model` is called once for each request.
void add_pages(http::Router& router, const std::function<page::Model()>& model);

}  // namespace kcommons::daemon
