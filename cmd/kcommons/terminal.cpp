#include "terminal.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>
#include <string_view>

#include "base/text.hpp"

namespace kcommons::cmd {

namespace {

std::string_view variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string_view{} : value;
}

std::size_t terminal_width() {
  constexpr std::size_t kUsual = 80;
  winsize size{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  const auto columns = text::parse_number<std::size_t>(variable("COLUMNS"));
  return columns.value_or(0) > 0 ? *columns : kUsual;
}

}  // namespace

report::Paper standard_output_paper() {
  if (::isatty(STDOUT_FILENO) != 1) return {};
  return {.columns = terminal_width(), .colour = wants_colour()};
}

bool is_interactive() {
  const bool has_terminal = ::isatty(STDIN_FILENO) == 1 && ::isatty(STDOUT_FILENO) == 1;
  return has_terminal && !variable("TERM").empty() && variable("TERM") != "dumb";
}

bool wants_colour() {
  return variable("NO_COLOR").empty() && variable("TERM") != "dumb";
}

}  // namespace kcommons::cmd
