// Text in the columns of a terminal. What is counted is what wcwidth(3) says in UTF-8, whatever the
// locale of the process is: a character of East Asia takes two, a combining one none. Pure,
// thread-safe. Text that is given is valid UTF-8.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace kcommons::terminal {

// For terminals without UTF-8: a "~" for the sign that something was cut, "?" for every other
// character, as often as it takes columns.
std::string in_ascii(std::string_view text);

std::size_t columns_of(std::string_view text);

// At most so many columns: what is longer loses its middle to a "…".
std::string cut_middle(std::string_view text, std::size_t most);
// The same, but it loses its end.
std::string cut_end(std::string_view text, std::size_t most);

// Exactly so many columns.
std::string left_aligned(std::string_view text, std::size_t columns);
std::string right_aligned(std::string_view text, std::size_t columns);

// Broken between words, or within what is longer than a line; the last line ends in "…" where there
// would be more than `most` of them.
std::vector<std::string> wrapped(std::string_view text, std::size_t columns, std::size_t most);

}  // namespace kcommons::terminal
