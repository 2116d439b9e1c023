#include "report/audit.hpp"

#include <fmt/core.h>

#include <memory>
#include <string>
#include <utility>

#include "base/clock.hpp"
#include "base/text.hpp"
#include "commands.hpp"
#include "daemon/one_shot.hpp"
#include "flags.hpp"
#include "output.hpp"
#include "report/audit_json.hpp"
#include "report/audit_text.hpp"
#include "report/subtraction_json.hpp"
#include "report/subtraction_text.hpp"
#include "subtraction/subtract.hpp"
#include "terminal.hpp"

namespace kcommons::cmd {

namespace {

// Of a monitoring plugin: it could not tell.
constexpr int kExitUnknown = 3;

struct AuditFlags {
  double warning = 70;  // percent
  double critical = 90;
  bool all = false;
  bool subtract = false;
  std::string output = "table";
};

std::string text_of(const report::Audit& audit, const AuditFlags& flags) {
  const report::AuditDetail detail{.all = flags.all};
  if (flags.output == "json") return report::audit_json(audit);
  if (flags.output == "markdown") return report::audit_markdown(audit, detail);
  return report::audit_text(audit, detail, standard_output_paper());
}

int audit_of(const config::Config& config, const AuditFlags& flags) {
  const SystemClock clock;
  auto look = daemon::sample_once(config, clock);
  if (!look) {
    warn(look.error().during("read the host").message() + "; there is nothing to audit");
    return kExitUnknown;
  }
  std::uint64_t failures = 0;
  for (const std::uint64_t count : look->census.failures.by_kind) failures += count;
  const report::AuditSource source{.name = std::move(look->source),
                                   .reason = std::move(look->source_reason),
                                   .restriction = std::move(look->restriction),
                                   .failures = failures,
                                   .first_failure = look->census.failures.first};
  constexpr double kPercent = 100;
  const report::Audit audit = report::make_audit(
      look->snapshot, look->census.readings, source,
      {.warning = flags.warning / kPercent, .critical = flags.critical / kPercent});
  if (print(text_of(audit, flags)) != kExitOk) return kExitUnknown;
  return static_cast<int>(audit.status);
}

// Before there is a second thread: it forks.
int subtract(const AuditFlags& flags) {
  const auto subtraction = subtraction::subtract();
  if (!subtraction) {
    warn(subtraction.error().message() + "; nothing is classified");
    return kExitUnknown;
  }
  if (flags.output == "json") return print(report::subtraction_json(*subtraction));
  if (flags.output == "markdown") return print(report::subtraction_markdown(*subtraction));
  return print(report::subtraction_table(*subtraction));
}

int audit(const Given& given, const AuditFlags& flags) {
  const bool known =
      flags.output == "table" || flags.output == "json" || flags.output == "markdown";
  if (!known) {
    warn(fmt::format("--output: \"{}\", expected one of table, json, markdown",
                     text::printable(flags.output)));
    return kExitUnknown;
  }
  if (flags.subtract) return subtract(flags);
  if (flags.warning > flags.critical) {
    warn(fmt::format("--warn {} is above --crit {}", flags.warning, flags.critical));
    return kExitUnknown;
  }
  const auto effective = effective_config(environment(kReadingFlags), given);
  if (!effective.errors.empty()) {
    report(effective.errors);
    return kExitUnknown;
  }
  return audit_of(effective.config, flags);
}

void add_audit_flags(CLI::App& command, AuditFlags& flags) {
  command
      .add_option("--warn", flags.warning, "Percent of a limit from which on to warn (default 70)")
      ->type_name("");
  command
      .add_option("--crit", flags.critical,
                  "Percent of a limit from which on it is critical (default 90)")
      ->type_name("");
  command.add_flag("--all", flags.all, "Every pool, in place of the fullest of each resource");
  command.add_flag("--subtract", flags.subtract,
                   "Ask the kernel, in fresh namespaces, which limits stay shared");
  command.add_option("-o,--output", flags.output, "table, json or markdown (default table)")
      ->type_name("");
}

}  // namespace

void add_audit(CLI::App& app, int& exit_code) {
  auto* command =
      app.add_subcommand("audit",
                         "How full every shared resource is, who fails next, and what to do.\n"
                         "Exits with 0 when all is well, 1 for a warning, 2 when it is critical, 3 "
                         "when it cannot tell");
  const auto flags = std::make_shared<AuditFlags>();
  add_audit_flags(*command, *flags);
  const auto given = add_flags(*command, kReadingFlags);
  command->callback([given, flags, &exit_code] { exit_code = audit(*given, *flags); });
}

}  // namespace kcommons::cmd
