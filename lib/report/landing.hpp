// The page at "/": what this is, where the metrics are, and the pools with the fullest first. One
// document without scripts, images or anything from elsewhere. Whatever comes from the host or its
// containers is escaped. Pure, thread-safe.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "attribution/snapshot.hpp"

namespace kcommons::report {

struct LandingModel {
  std::string version;
  std::string source;         // of the census: "procfs"
  std::string source_reason;  // why that one
  std::string telemetry_path = "/metrics";
  const attribution::Snapshot* snapshot = nullptr;  // null before the first census
  std::chrono::milliseconds age{0};                 // of the snapshot
};

std::string landing_page(const LandingModel& model);

// The Content-Security-Policy to send with it: nothing but the page's own style sheet is allowed.
std::string_view landing_policy();

// What stands in the page's style element; its SHA-256 is part of the policy.
std::string_view landing_style();

}  // namespace kcommons::report
