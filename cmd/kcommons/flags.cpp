#include "flags.hpp"

#include <fmt/core.h>

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
  const auto take = [given, flag](const std::string& value) {
    (*given)[flag.name] = flag.is_switch && value.empty() ? "true" : value;
  };
  auto* option = command.add_option_function<std::string>(
      fmt::format("--{}", flag.name), take,
      fmt::format("{} [${}]", flag.help, environment_name(flag.name)));
  option->type_name("");
  if (flag.is_switch) option->expected(0, 1);
  if (flag.repeatable) option->join(',');
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
