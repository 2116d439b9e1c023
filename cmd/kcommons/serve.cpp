#include <fmt/core.h>

#include <cstdlib>
#include <memory>
#include <string>

#include "build_info.hpp"
#include "commands.hpp"
#include "daemon/daemon.hpp"
#include "effective_config.hpp"
#include "output.hpp"

namespace kcommons::cmd {

namespace {

// Variables that are set to nothing count as not set, as manifests write them for "no opinion".
// Unknown KCOMMONS_ variables are left alone: Kubernetes makes some, such as KCOMMONS_PORT, of a
// service of this name.
void take_environment(const Flag& flag, Given& environment) {
  const char* value = std::getenv(environment_name(flag.name).c_str());
  if (value != nullptr && *value != '\0') environment[flag.name] = value;
}

Given environment() {
  Given given;
  take_environment(kConfigFile, given);
  for (const Flag& flag : kFlags) take_environment(flag, given);
  return given;
}

// The callback runs only for a flag that stands on the command line.
void add_flag(CLI::App& command, const Flag& flag, const std::shared_ptr<Given>& given) {
  const auto take = [given, name = flag.name](const std::string& value) { (*given)[name] = value; };
  command
      .add_option_function<std::string>(
          fmt::format("--{}", flag.name), take,
          fmt::format("{} [${}]", flag.help, environment_name(flag.name)))
      ->type_name("");
}

int serve(const Given& flags) {
  const auto effective = effective_config(environment(), flags);
  if (!effective.errors.empty()) return report(effective.errors);
  return daemon::run(effective.config, build_info());
}

}  // namespace

void add_serve(CLI::App& app, int& exit_code) {
  auto* command = app.add_subcommand(
      "serve", "Run the exporter. A flag wins over the environment, which wins over the file");
  const auto flags = std::make_shared<Given>();
  add_flag(*command, kConfigFile, flags);
  for (const Flag& flag : kFlags) add_flag(*command, flag, flags);
  command->callback([flags, &exit_code] { exit_code = serve(*flags); });
}

}  // namespace kcommons::cmd
