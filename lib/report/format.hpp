// Text that anybody may have chosen, made fit to be shown. Pure, thread-safe.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace kcommons::report {

// The five characters that mean something in HTML become references, in text and in quoted
// attributes alike. Everything else stays: bytes must be valid UTF-8 already.
std::string html_escape(std::string_view text);

// At most `most` code points of valid UTF-8: what is longer loses its middle to a "…". Both ends
// of a name tell more than its middle does.
std::string cut_middle(std::string_view text, std::size_t most);

// Columns on a terminal, taking each code point as one.
std::size_t width(std::string_view text);

// Text broken between words so that lines have at most 80 columns; a word that is longer stays
// whole. The first line begins after `first` columns, those after it are set in by `indent`.
std::string wrapped(std::string_view text, std::size_t indent, std::size_t first);

// Printable text within a cell of Markdown: a bar would end it, and what looks like HTML, a link or
// emphasis would be that.
std::string markdown_cell(std::string_view text);

}  // namespace kcommons::report
