// The small language in which the layouts of container runtimes are written, in the built-in table
// and in the configuration alike. README.md beside this file teaches it; in short:
//
//   docker-{id64}[.scope]     one component: exactly 64 hex digits, then perhaps ".scope"
//   docker/{id64}             two components that follow each other, the process at or below them
//   /garden/{id}              the leading '/' ties it to the root of the path
//   ecs/*/{id64}              '*' alone is any one component, within one it is any text
//   *:cri-containerd:{id}     a component with ':' is matched part by part, from its last ':' back
//
// A Pattern is immutable and thread-safe. Matching takes time linear in the text.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "cgroup/path.hpp"

namespace kcommons::cgroup {

// What a pattern took out of a path: a view into it.
struct Capture {
  std::string_view text;
  bool is_name = false;  // {name}: still escaped as systemd does
};

// The parsed form. A level is one component of the path, its parts stand between its ':'.
struct PatternToken {
  enum class Kind : std::uint8_t {
    kText,
    kOptionalText,
    kAnything,  // *
    kDigits,    // {n}
    kId64,
    kId25,
    kId,
    kName,
  };
  Kind kind = Kind::kText;
  std::string text;  // of the first two kinds
};
using PatternPart = std::vector<PatternToken>;

struct PatternLevel {
  enum class Kind : std::uint8_t { kParts, kAnything, kPod };
  Kind kind = Kind::kParts;
  std::vector<PatternPart> parts;
};

class Pattern final {
 public:
  // The error says what is wrong and what is expected instead.
  static Result<Pattern> parse(std::string_view text);

  // Whether it matches with its last component at the last of `components`. What is captured is
  // empty for a pattern that captures nothing.
  [[nodiscard]] std::optional<Capture> match(Components components) const;
  [[nodiscard]] bool captures() const { return captures_; }

 private:
  Pattern() = default;

  std::vector<PatternLevel> levels_;
  bool anchored_ = false;
  bool captures_ = false;
};

}  // namespace kcommons::cgroup
