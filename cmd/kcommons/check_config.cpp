#include <memory>
#include <string>

#include "base/text.hpp"
#include "commands.hpp"
#include "effective_config.hpp"
#include "output.hpp"

namespace kcommons::cmd {

namespace {

int check_config(const std::string& path) {
  const auto loaded = load_checked(path);
  if (!loaded.errors.empty()) return report(loaded.errors);
  return print(text::printable(path) + ": ok\n");
}

}  // namespace

void add_check_config(CLI::App& app, int& exit_code) {
  auto* command =
      app.add_subcommand("check-config", "Read a configuration file, name every mistake");
  const auto path = std::make_shared<std::string>();
  command->add_option("FILE", *path, "The file")->required()->type_name("");
  command->callback([path, &exit_code] { exit_code = check_config(*path); });
}

}  // namespace kcommons::cmd
