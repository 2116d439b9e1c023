// The child's end of the conversation: lines of testimony.hpp, and questions to the host. Used by
// one process at a time; forked ones write while their parent waits for them. Whoever cannot write
// any more ends: then nobody listens, and there is nothing left to do.
#pragma once

#include <string>
#include <string_view>

#include "subtraction/testimony.hpp"

namespace kcommons::subtraction {

class Talk final {
 public:
  explicit Talk(int socket) : socket_(socket) {}

  void say(std::string_view line) const;
  // Says it and waits until the host has looked.
  void ask(std::string_view line) const;
  // An experiment that failed: what was tried and the errno of it.
  void could_not(catalogue::ResourceId resource, std::string_view attempted, int error) const;

 private:
  int socket_;
};

}  // namespace kcommons::subtraction
