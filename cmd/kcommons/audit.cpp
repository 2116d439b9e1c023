#include <cstdio>
#include <memory>
#include <string>

#include "commands.hpp"
#include "output.hpp"
#include "report/subtraction_text.hpp"
#include "subtraction/subtract.hpp"

namespace kcommons::cmd {

namespace {

struct AuditOptions {
  bool subtract = false;
  std::string format = "table";
};

int audit(const AuditOptions& options) {
  const auto subtraction = subtraction::subtract();
  if (!subtraction) {
    static_cast<void>(
        std::fprintf(stderr, "kcommons: %s\n", subtraction.error().message().c_str()));
    return kExitFailure;
  }
  if (options.format == "json") return print(report::subtraction_json(*subtraction));
  if (options.format == "markdown") return print(report::subtraction_markdown(*subtraction));
  return print(report::subtraction_table(*subtraction));
}

}  // namespace

void add_audit(CLI::App& app, int& exit_code) {
  auto* command = app.add_subcommand("audit", "Print every kernel limit that containers share");
  const auto options = std::make_shared<AuditOptions>();
  command
      ->add_flag("--subtract", options->subtract,
                 "Ask the kernel, in fresh namespaces, which limits stay shared")
      ->required();
  command->add_option("-o,--output", options->format, "table, json or markdown")
      ->check(CLI::IsMember({"table", "json", "markdown"}));
  command->callback([options, &exit_code] { exit_code = audit(*options); });
}

}  // namespace kcommons::cmd
