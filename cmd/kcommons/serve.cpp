#include <filesystem>
#include <memory>
#include <string>
#include <system_error>

#include "build_info.hpp"
#include "commands.hpp"
#include "config/web_config.hpp"
#include "daemon/daemon.hpp"
#include "effective_config.hpp"
#include "flags.hpp"
#include "output.hpp"

namespace kcommons::cmd {

namespace {

config::LoadResult configuration(const Given& environment, const Given& flags) {
  config::LoadResult effective = effective_config(environment, flags);
  const std::string& file = effective.config.web.config_file;
  if (effective.errors.empty() && !file.empty()) {
    effective.errors = config::load_web_config(file).errors;
  }
  return effective;
}

// A pipe gives its text once: read again it is empty, and that is all defaults.
config::LoadResult configuration_again(const Given& environment, const Given& flags) {
  const std::string file = file_in_force(environment, flags);
  std::error_code unknown;
  if (!std::filesystem::is_fifo(file, unknown)) return configuration(environment, flags);
  return {.config = {},
          .errors = {{.path = file,
                      .message = "a pipe, expected a file: it was read "
                                 "at the start and is empty now"}}};
}

int serve(const Given& flags, const std::string& recording) {
  const Given variables = environment(kFlags);
  const auto effective = configuration(variables, flags);
  if (!effective.errors.empty()) return report(effective.errors);
  return daemon::run(
      effective.config, build_info(), [&] { return configuration_again(variables, flags); },
      recording);
}

}  // namespace

void add_serve(CLI::App& app, int& exit_code) {
  auto* command = app.add_subcommand(
      "serve", "Run the exporter. A flag wins over the environment, which wins over the file");
  const auto flags = add_flags(*command, kFlags);
  const auto recording = std::make_shared<std::string>();
  command
      ->add_option("--replay", *recording,
                   "Serve what `kcommons record` has written to this file, in place of this host")
      ->type_name("FILE");
  command->callback([flags, recording, &exit_code] { exit_code = serve(*flags, *recording); });
}

}  // namespace kcommons::cmd
