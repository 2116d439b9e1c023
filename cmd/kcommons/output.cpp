#include "output.hpp"

#include <cerrno>
#include <cstdio>
#include <string>
#include <system_error>

#include "commands.hpp"

namespace kcommons::cmd {

namespace {

void complain(const std::string& line) {
  // There is nowhere left to say that standard error is closed.
  static_cast<void>(std::fputs((line + "\n").c_str(), stderr));
}

}  // namespace

int print(std::string_view text) {
  const bool written = std::fwrite(text.data(), 1, text.size(), stdout) == text.size();
  if (written && std::fflush(stdout) == 0) return kExitOk;
  complain("kcommons: write to standard output: " + std::generic_category().message(errno));
  return kExitFailure;
}

void warn(std::string_view message) {
  complain("kcommons: " + std::string(message));
}

int report(std::span<const config::ConfigError> errors) {
  for (const auto& error : errors) complain(error.text());
  return kExitUsage;
}

}  // namespace kcommons::cmd
