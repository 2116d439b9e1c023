#include "flags.hpp"

#include <fmt/core.h>

#include <cstdint>
#include <cstdlib>
#include <string>

namespace kcommons::cmd {

namespace {

// Variables that are set to nothing count as not set, as manifests write them for "no opinion".
// Unknown KCOMMONS_ variables are left alone: Kubernetes makes some, such as KCOMMONS_PORT, of a
// service of this name.
void take_variable(const Flag& flag, Given& environment) {
  const char* value = std::getenv(environment_name(flag.name).c_str());
  if (value != nullptr && *value != '\0') environment[flag.name] = value;
}

// The callback runs only for a flag that stands on the command line.
void add_flag(CLI::App& command, const Flag& flag, const std::shared_ptr<Given>& given) {
  const auto take = [given, name = flag.name](const std::string& value) { (*given)[name] = value; };
  const std::string name = fmt::format("--{}", flag.name);
  const std::string help = fmt::format("{} [${}]", flag.help, environment_name(flag.name));
  if (flag.is_switch) {
    // CLI11 counts: --flag is 1, --flag=false is -1.
    const auto count = [take](std::int64_t times) { take(times > 0 ? "true" : "false"); };
    command.add_flag_function(name, count, help);
    return;
  }
  command.add_option_function<std::string>(name, take, help)->type_name("");
}

}  // namespace

std::shared_ptr<Given> add_flags(CLI::App& command, std::span<const Flag> flags) {
  auto given = std::make_shared<Given>();
  add_flag(command, kConfigFile, given);
  for (const Flag& flag : flags) add_flag(command, flag, given);
  return given;
}

Given environment(std::span<const Flag> flags) {
  Given given;
  take_variable(kConfigFile, given);
  for (const Flag& flag : flags) take_variable(flag, given);
  return given;
}

}  // namespace kcommons::cmd
