// The subtraction: of all limits, what is left when those that namespaces isolate are taken away.
// Plain data, and the pure step from what was seen to what it means. Thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "catalogue/catalogue.hpp"
#include "subtraction/limit_sysctls.hpp"
#include "subtraction/testimony.hpp"

namespace kcommons::subtraction {

// What the kernel answered about one limit, seen from fresh namespaces.
enum class Answer : std::uint8_t {
  kGone,      // the file is the host's alone: shared
  kReadOnly,  // seen inside with the host's value, cannot be changed there: shared
  kWritable,  // changed inside, and the host's changed with it: shared, and open to everybody
  kShared,    // no file; what is taken inside is missing outside
  kPartly,    // a limit or count of its own inside, and somebody outside is charged all the same
  kPrivate,   // its own inside
  kNotAsked,  // no experiment, or none that could be made here
};
std::string_view name_of(Answer answer);

// Against the catalogue.
enum class Verdict : std::uint8_t { kAgrees, kDiffers, kNotAsked };
std::string_view name_of(Verdict verdict);

struct ResourceAnswer {
  catalogue::ResourceId resource{};
  Answer answer = Answer::kNotAsked;
  std::string evidence;
  Verdict verdict = Verdict::kNotAsked;
};

// One limit of /proc/sys.
struct SysctlAnswer {
  std::string name;
  std::string host;    // value
  std::string inside;  // value; empty where it is gone
  Answer answer = Answer::kNotAsked;
  std::string remark;  // of the known: why nobody contends for it
};

struct Subtraction {
  std::string kernel;                     // its release
  std::string namespaces;                 // those that were made
  std::vector<ResourceAnswer> resources;  // every row of the catalogue, in its order
  std::vector<SysctlAnswer> unknown;      // stay shared and are not in the catalogue
  std::vector<SysctlAnswer> known;        // stay shared, and nobody contends for them
  std::vector<SysctlAnswer> isolated;     // private ones
};

// What was seen from outside: the limits before, and while those inside were changed.
struct HostSide {
  std::string kernel;
  std::vector<LimitSysctl> before;
  std::vector<LimitSysctl> meanwhile;
  std::vector<std::string> in_root_net;  // see root_namespace.hpp
};

Subtraction conclude(const HostSide& host, const Testimony& testimony);

// What the catalogue lets one expect, against what was answered. A row whose isolation came with a
// later kernel than `kernel` ("6.1.0-31-amd64") may be shared.
Verdict compare(const catalogue::Resource& row, Answer answer, std::string_view kernel);

}  // namespace kcommons::subtraction
