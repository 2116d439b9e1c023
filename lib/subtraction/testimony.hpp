// What was said from inside the fresh namespaces, and what the host saw at the same moments: plain
// data, and the lines in which it travels from one process to the other. Pure, thread-safe.
//
// A line is a word and its fields, separated by tabs. The lines come from our own child; a line
// that does not parse is a mistake here, or a child that died half-way, and an error.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "catalogue/catalogue.hpp"

namespace kcommons::subtraction {

// How a limit looks from inside.
struct SeenSysctl {
  std::string name;
  std::string value;
  int write_error = 0;     // of writing the value that it has: 0 if that was taken, else the errno
  std::string changed_to;  // another value that it took, and had for a moment; empty if none
  bool operator==(const SeenSysctl&) const = default;
};

// Units taken in a user namespace inside another one, until that failed. The outer one plays the
// host: its limit was set to a small number.
struct Nested {
  catalogue::ResourceId resource{};
  std::uint64_t outer_limit = 0;
  std::uint64_t inner_limit = 0;
  std::uint64_t reached = 0;
  int error = 0;  // errno of the first that failed; 0: all were granted
  bool operator==(const Nested&) const = default;
};

// What a user namespace got before, and after a second one of the same UID had filled the pool.
struct Filled {
  catalogue::ResourceId resource{};
  std::string before;
  std::string after;
  bool operator==(const Filled&) const = default;
};

// By ResourceId; empty for what is not counted or could not be read.
using HostCounts = std::array<std::optional<std::uint64_t>, catalogue::kResourceCount>;

// The host's counts at a moment that the child chose, in which it held, or saw, `inside` units.
struct Look {
  catalogue::ResourceId resource{};
  std::uint64_t inside = 0;
  HostCounts host{};
  bool operator==(const Look&) const = default;
};

// An experiment that could not be made.
struct NotAsked {
  catalogue::ResourceId resource{};
  std::string reason;
  bool operator==(const NotAsked&) const = default;
};

struct Testimony {
  std::vector<SeenSysctl> sysctls;
  std::vector<Nested> nested;
  std::vector<Filled> filled;
  std::vector<Look> looks;
  std::vector<NotAsked> not_asked;
  std::string namespaces;      // "user, net, ipc, pid, mnt, uts, cgroup, time"
  std::uint64_t host_pid = 0;  // what PID 1 of the PID namespace is outside
  std::string failure;         // why nothing more could be said
  bool is_complete = false;
  bool operator==(const Testimony&) const = default;
};

// One for each kind of line, without the newline.
std::string line_of(const SeenSysctl& seen);
std::string line_of(const Nested& nested);
std::string line_of(const Filled& filled);
std::string line_of(const Look& look);  // without the host's counts: the host adds them
std::string line_of(const NotAsked& not_asked);
std::string namespaces_line(std::string_view namespaces, std::uint64_t host_pid);
std::string failure_line(std::string_view reason);
inline constexpr std::string_view kDoneLine = "done";
// Asks for a look at the sysctls of the host while those inside are changed.
inline constexpr std::string_view kChangedLine = "changed";

// Adds what the line says. kChangedLine adds nothing.
Result<void> add_line(Testimony& testimony, std::string_view line);

}  // namespace kcommons::subtraction
