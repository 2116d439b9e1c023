#include "terminal/screen.hpp"

#include <fmt/format.h>
#include <langinfo.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <clocale>
#include <cstdio>
#include <cstdlib>
#include <string_view>

// Its macros have names such as `timeout`, `move` and `erase`: without them there are functions.
#define NCURSES_NOMACROS 1
#define NCURSES_WIDECHAR 1
#include <curses.h>
#include <term.h>
// And these it defines all the same.
#undef lines
#undef columns

#include "base/text.hpp"

namespace kcommons::terminal {

namespace {

// Pairs of colours. The background is the terminal's own, but for what is selected.
enum Pair : short { kGreen = 1, kYellow, kRed, kCyan, kOnCyan };

void make_pairs() {
  start_color();
  use_default_colors();
  init_pair(kGreen, COLOR_GREEN, -1);
  init_pair(kYellow, COLOR_YELLOW, -1);
  init_pair(kRed, COLOR_RED, -1);
  init_pair(kCyan, COLOR_CYAN, -1);
  init_pair(kOnCyan, COLOR_BLACK, COLOR_CYAN);
}

attr_t pair(Pair number) {
  return static_cast<attr_t>(COLOR_PAIR(number));
}

attr_t colourless(Role role) {
  switch (role) {
    case Role::kPlain:
    case Role::kGood:
      return A_NORMAL;
    case Role::kDim:
      return A_DIM;
    case Role::kHeading:
      return A_BOLD | A_UNDERLINE;
    case Role::kSelected:
    case Role::kLabel:
      return A_REVERSE;
    case Role::kSorted:
      return A_BOLD | A_REVERSE;
    case Role::kStrong:
    case Role::kWarm:
    case Role::kFull:
    case Role::kError:
    case Role::kKey:
      return A_BOLD;
  }
  return A_NORMAL;
}

attr_t coloured(Role role) {
  switch (role) {
    case Role::kGood:
      return pair(kGreen);
    case Role::kWarm:
      return pair(kYellow);
    case Role::kFull:
    case Role::kError:
      return pair(kRed) | A_BOLD;
    case Role::kStrong:
      return pair(kCyan) | A_BOLD;
    case Role::kSelected:
    case Role::kLabel:
      return pair(kOnCyan);
    default:
      return colourless(role);
  }
}

std::optional<Key> special_key(wint_t code) {
  using Code = Key::Code;
  switch (code) {
    case KEY_UP:
      return Key{Code::kUp};
    case KEY_DOWN:
      return Key{Code::kDown};
    case KEY_LEFT:
      return Key{Code::kLeft};
    case KEY_RIGHT:
      return Key{Code::kRight};
    case KEY_PPAGE:
      return Key{Code::kPageUp};
    case KEY_NPAGE:
      return Key{Code::kPageDown};
    case KEY_HOME:
      return Key{Code::kHome};
    case KEY_END:
      return Key{Code::kEnd};
    case KEY_ENTER:
      return Key{Code::kEnter};
    case KEY_BACKSPACE:
      return Key{Code::kBackspace};
    case KEY_BTAB:
      return Key{Code::kBackTab};
    default:
      break;
  }
  if (code >= static_cast<wint_t>(KEY_F(1)) && code <= static_cast<wint_t>(KEY_F(10))) {
    const auto number = static_cast<unsigned>(code) - static_cast<unsigned>(KEY_F(1));
    return Key{static_cast<Code>(static_cast<unsigned>(Code::kF1) + number)};
  }
  return std::nullopt;
}

std::optional<Key> plain_key(wint_t character) {
  using Code = Key::Code;
  constexpr wint_t kEscape = 0x1B;
  constexpr wint_t kDelete = 0x7F;
  switch (character) {
    case '\r':
    case '\n':
      return Key{Code::kEnter};
    case '\t':
      return Key{Code::kTab};
    case '\b':
    case kDelete:
      return Key{Code::kBackspace};
    case kEscape:
      return Key{Code::kEscape};
    default:
      break;
  }
  if (character < ' ') return std::nullopt;
  return Key{Code::kCharacter, static_cast<char32_t>(character)};
}

// A wide locale decides what ncurses takes for one character.
bool speaks_utf8() {
  if (std::setlocale(LC_CTYPE, "") == nullptr) return false;
  return std::string_view(::nl_langinfo(CODESET)) == "UTF-8";
}

std::string terminal_name() {
  const char* const name = std::getenv("TERM");
  return name == nullptr ? std::string() : text::printable(name);
}

}  // namespace

struct Screen::Impl {
  SCREEN* screen = nullptr;
};

Result<std::unique_ptr<Screen>> Screen::open(bool colour) {
  std::unique_ptr<Screen> screen(new Screen(colour));
  screen->impl_->screen = newterm(nullptr, stdout, stdin);
  if (screen->impl_->screen == nullptr) {
    return fail(Error::other(
        fmt::format("open the terminal: \"{}\" (TERM) is not known here", terminal_name())));
  }
  set_term(screen->impl_->screen);
  if (tigetstr("cup") == nullptr) {
    return fail(Error::other(fmt::format(
        "open the terminal: one of kind \"{}\" (TERM) cannot place its cursor", terminal_name())));
  }
  cbreak();
  noecho();
  nonl();
  keypad(stdscr, true);
  nodelay(stdscr, true);
  intrflush(stdscr, false);
  // Over a slow line the parts of a key may come one after the other.
  constexpr int kPatience = 50;  // milliseconds
  set_escdelay(kPatience);
  curs_set(0);
  screen->colour_ = colour && has_colors();
  if (screen->colour_) make_pairs();
  return screen;
}

Screen::Screen(bool colour)
    : colour_(colour), utf8_(speaks_utf8()), impl_(std::make_unique<Impl>()) {}

Screen::~Screen() {
  if (impl_->screen == nullptr) return;
  curs_set(1);
  endwin();
  delscreen(impl_->screen);
}

// What they act on is ncurses' own state, of which there is one: the Screen stands for it.
// NOLINTBEGIN(readability-convert-member-functions-to-static,readability-make-member-function-const)

Size Screen::size() const {
  return {.rows = static_cast<std::size_t>(std::max(getmaxy(stdscr), 0)),
          .columns = static_cast<std::size_t>(std::max(getmaxx(stdscr), 0))};
}

Medium Screen::medium() const {
  return {.utf8 = utf8_};
}

void Screen::draw(const Frame& frame) {
  werase(stdscr);
  int row = 0;
  for (const Line& line : frame.lines) {
    wmove(stdscr, row++, 0);
    for (const Span& span : line) {
      wattrset(stdscr, static_cast<int>(colour_ ? coloured(span.role) : colourless(span.role)));
      waddnstr(stdscr, span.text.data(), static_cast<int>(span.text.size()));
    }
  }
  wattrset(stdscr, A_NORMAL);
  curs_set(frame.cursor ? 1 : 0);
  if (frame.cursor) {
    wmove(stdscr, static_cast<int>(frame.cursor->row), static_cast<int>(frame.cursor->column));
  }
  wrefresh(stdscr);
}

std::optional<Key> Screen::key() {
  while (true) {
    wint_t code = 0;
    const int kind = wget_wch(stdscr, &code);
    if (kind == ERR) return std::nullopt;
    constexpr wint_t kRedraw = 'L' - '@';
    if (kind == OK && code == kRedraw) {
      redraw();
      continue;
    }
    if (const auto key = kind == KEY_CODE_YES ? special_key(code) : plain_key(code)) return key;
  }
}

void Screen::resize() {
  winsize window{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &window) != 0) return;
  if (window.ws_row == 0 || window.ws_col == 0) return;
  resizeterm(window.ws_row, window.ws_col);
  redraw();
}

void Screen::redraw() {
  clearok(curscr, true);
}

void Screen::give_back() {
  curs_set(1);
  def_prog_mode();
  endwin();
}

void Screen::take_back() {
  reset_prog_mode();
  resize();
  redraw();
}

// NOLINTEND(readability-convert-member-functions-to-static,readability-make-member-function-const)

}  // namespace kcommons::terminal
