#include "options.hpp"

#include <getopt.h>

#include <array>
#include <charconv>
#include <stdexcept>
#include <string>
#include <string_view>

namespace bench {
namespace {

enum Option : int {
  kProcesses = 1,
  kDescriptors,
  kInstances,
  kWatches,
  kContainers,
  kMix,
  kUid,
  kRemoveLeftovers
};

constexpr std::array<option, 9> kOptions = {{
    {"processes", required_argument, nullptr, kProcesses},
    {"descriptors", required_argument, nullptr, kDescriptors},
    {"inotify-instances", required_argument, nullptr, kInstances},
    {"watches", required_argument, nullptr, kWatches},
    {"containers", required_argument, nullptr, kContainers},
    {"mix", required_argument, nullptr, kMix},
    {"uid", required_argument, nullptr, kUid},
    {"remove-leftovers", no_argument, nullptr, kRemoveLeftovers},
    {nullptr, 0, nullptr, 0},
}};

unsigned number(std::string_view name, std::string_view text) {
  // Far above what any machine can hold, and low enough that no product of two overflows 64 bits.
  constexpr unsigned kMost = 100'000'000;
  unsigned value = 0;
  const char* end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc{} || stopped != end || value > kMost)
    throw std::invalid_argument("--" + std::string(name) + ": " + std::string(text) +
                                ": expected a number from 0 to " + std::to_string(kMost));
  return value;
}

Mix mix_named(std::string_view name) {
  if (name == "null") return Mix::null;
  if (name == "mixed") return Mix::mixed;
  throw std::invalid_argument("--mix: " + std::string(name) + ": expected null or mixed");
}

void take(Options& options, int which, const char* text) {
  switch (which) {
    case kProcesses:
      options.processes = number("processes", text);
      return;
    case kDescriptors:
      options.descriptors = number("descriptors", text);
      return;
    case kInstances:
      options.inotify_instances = number("inotify-instances", text);
      return;
    case kWatches:
      options.watches = number("watches", text);
      return;
    case kContainers:
      options.containers = number("containers", text);
      return;
    case kMix:
      options.mix = mix_named(text);
      return;
    case kUid:
      options.uid = number("uid", text);
      return;
    case kRemoveLeftovers:
      options.remove_leftovers = true;
      return;
    default:
      return;
  }
}

}  // namespace

Options parse(int argc, char** argv) {
  Options options;
  opterr = 0;
  int which = 0;
  while ((which = getopt_long(argc, argv, "", kOptions.data(), nullptr)) != -1) {
    if (which == '?')
      throw std::invalid_argument(std::string(argv[optind - 1]) + ": not an option, or no value");
    take(options, which, optarg);
  }
  if (optind < argc) throw std::invalid_argument(std::string(argv[optind]) + ": not an option");
  if (options.processes == 0) throw std::invalid_argument("--processes: 0: expected at least 1");
  if (options.containers > options.processes)
    throw std::invalid_argument("--containers: more than --processes, some would be empty");
  return options;
}

const char* usage() {
  return "usage: bench_load [--processes N] [--descriptors N] [--mix null|mixed]\n"
         "                  [--inotify-instances N] [--watches N] [--containers N] [--uid U]\n"
         "       bench_load --remove-leftovers\n";
}

}  // namespace bench
