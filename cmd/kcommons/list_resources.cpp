#include "catalogue/catalogue.hpp"
#include "commands.hpp"
#include "output.hpp"

namespace kcommons::cmd {

void add_list_resources(CLI::App& app, int& exit_code) {
  auto* command =
      app.add_subcommand("list-resources", "Print every shared resource as a table in Markdown");
  command->callback([&exit_code] { exit_code = print(catalogue::resources_markdown()); });
}

}  // namespace kcommons::cmd
