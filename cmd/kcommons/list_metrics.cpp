#include "commands.hpp"
#include "exposition/metric_table.hpp"
#include "output.hpp"

namespace kcommons::cmd {

void add_list_metrics(CLI::App& app, int& exit_code) {
  auto* command = app.add_subcommand("list-metrics", "Print every metric as a table in Markdown");
  command->callback([&exit_code] { exit_code = print(exposition::metrics_markdown()); });
}

}  // namespace kcommons::cmd
