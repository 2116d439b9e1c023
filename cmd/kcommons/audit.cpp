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
#include "report/audit_options.hpp"
#include "report/audit_text.hpp"
#include "report/subtraction_text.hpp"
#include "subtraction/subtract.hpp"
#include "terminal.hpp"

namespace kcommons::cmd {

namespace {

// Of a monitoring plugin: it could not tell.
constexpr int kExitUnknown = 3;

struct AuditFlags {
  std::string warn{report::kDefaultWarn};  // percent
  std::string crit{report::kDefaultCrit};
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

int audit_of(const config::Config& config, const report::AuditOptions& options,
             const AuditFlags& flags) {
  const SystemClock clock;
  auto look = daemon::sample_once(config, clock);
  if (!look) {
    warn(look.error().during("read the host").message() + "; there is nothing to audit");
    return kExitUnknown;
  }
  const report::AuditSource source{.name = std::move(look->source),
                                   .reason = std::move(look->source_reason),
                                   .restriction = std::move(look->restriction)};
  const report::Audit audit = report::make_audit(look->snapshot, source, options);
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
  const auto options = report::parse_audit_options(flags.warn, flags.crit);
  if (!options) {
    warn("--" + options.error().message());
    return kExitUnknown;
  }
  if (flags.subtract) return subtract(flags);
  const auto effective = effective_config(environment(kReadingFlags), given);
  if (!effective.errors.empty()) {
    report(effective.errors);
    return kExitUnknown;
  }
  return audit_of(effective.config, *options, flags);
}

void add_audit_flags(CLI::App& command, AuditFlags& flags) {
  command.add_option("--warn", flags.warn, "Percent of a limit from which on to warn (default 70)")
      ->type_name("");
  command
      .add_option("--crit", flags.crit,
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
