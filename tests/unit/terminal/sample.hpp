// What the live view may have been told, in a few readable lines.
#pragma once

#include <memory>
#include <string>

#include "terminal/state.hpp"

namespace kcommons::terminal::test {

// Two containers, of which "shop/web" has most of the inotify watches of root, and a host unit with
// most of the open files. By process: two processes of the first container. `name` is what the
// second container and the first process are called.
std::shared_ptr<const Seen> seen_by(attribution::By by, const std::string& name = "db");

// All groupings of it, seen a moment ago.
Data data_with(const std::string& name = "db");

Key key(char32_t character);
Key key(Key::Code code);
void type(State& state, const Data& data, std::string_view characters);

}  // namespace kcommons::terminal::test
