#include "build_info.hpp"
#include "commands.hpp"
#include "config/web_config.hpp"
#include "daemon/daemon.hpp"
#include "effective_config.hpp"
#include "flags.hpp"
#include "output.hpp"

namespace kcommons::cmd {

namespace {

int serve(const Given& flags) {
  const auto effective = effective_config(environment(kFlags), flags);
  if (!effective.errors.empty()) return report(effective.errors);
  if (const std::string& file = effective.config.web.config_file; !file.empty()) {
    const auto web = config::load_web_config(file);
    if (!web.errors.empty()) return report(web.errors);
  }
  return daemon::run(effective.config, build_info());
}

}  // namespace

void add_serve(CLI::App& app, int& exit_code) {
  auto* command = app.add_subcommand(
      "serve", "Run the exporter. A flag wins over the environment, which wins over the file");
  const auto flags = add_flags(*command, kFlags);
  command->callback([flags, &exit_code] { exit_code = serve(*flags); });
}

}  // namespace kcommons::cmd
