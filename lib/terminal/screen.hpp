// The terminal itself. The one file that knows of ncurses, which has one screen for a process and
// takes no second thread. From open() to the destructor the terminal is ours; the destructor, and
// give_back(), leave it as it was found: its modes, the text that was on it, the cursor.
//
// Signals: ncurses installs handlers of its own for those that end or stop a program, which draw
// from wherever the program was interrupted. Block them before (signals.hpp), and they never run.
#pragma once

#include <memory>
#include <optional>

#include "base/result.hpp"
#include "terminal/frame.hpp"
#include "terminal/key.hpp"
#include "terminal/paint.hpp"
#include "terminal/state.hpp"

namespace kcommons::terminal {

class Screen final {
 public:
  // On standard input and output. An error where the kind of the terminal ($TERM) is not known, or
  // one that cannot place its cursor.
  static Result<std::unique_ptr<Screen>> open(bool colour);
  ~Screen();
  Screen(const Screen&) = delete;
  Screen& operator=(const Screen&) = delete;

  [[nodiscard]] Size size() const;
  [[nodiscard]] Medium medium() const;
  void draw(const Frame& frame);
  // What was typed and not taken yet, without waiting. Keys that mean nothing here are left out.
  std::optional<Key> key();
  // The window has another size.
  void resize();
  // Whatever is on the terminal, it is drawn anew.
  void redraw();
  // Until take_back(), as when the program is stopped.
  void give_back();
  void take_back();

 private:
  explicit Screen(bool colour);

  bool colour_;
  bool utf8_;
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace kcommons::terminal
