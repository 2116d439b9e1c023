#include "report/audit.hpp"

#include <fmt/core.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "base/clock.hpp"
#include "base/text.hpp"
#include "commands.hpp"
#include "daemon/one_shot.hpp"
#include "daemon/remote_audit.hpp"
#include "flags.hpp"
#include "from.hpp"
#include "output.hpp"
#include "report/audit_json.hpp"
#include "report/audit_options.hpp"
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
  std::string warn{report::kDefaultWarn};  // percent
  std::string crit{report::kDefaultCrit};
  bool all = false;
  bool subtract = false;
  std::string output = "table";
  std::optional<std::string> from;  // a daemon's URL; empty: this host
};

std::string text_of(const report::Audit& audit, const AuditFlags& flags) {
  const report::AuditDetail detail{.all = flags.all};
  if (flags.output == "json") return report::audit_json(audit);
  if (flags.output == "markdown") return report::audit_markdown(audit, detail);
  return report::audit_text(audit, detail, standard_output_paper());
}

int print_audit(const Result<report::Audit>& audit, const AuditFlags& flags) {
  if (!audit) {
    warn(audit.error().message());
    return kExitUnknown;
  }
  if (print(text_of(*audit, flags)) != kExitOk) return kExitUnknown;
  return static_cast<int>(audit->status);
}

Result<report::Audit> audit_of_host(const config::Config& config,
                                    const report::AuditOptions& options) {
  const SystemClock clock;
  auto look = daemon::sample_once(config, clock);
  if (!look) {
    const std::string why = look.error().during("read the host").message();
    return fail(Error::other(why + "; there is nothing to audit"));
  }
  const report::AuditSource source{.name = std::move(look->source),
                                   .reason = std::move(look->source_reason),
                                   .restriction = std::move(look->restriction)};
  return report::make_audit(look->snapshot, source, options);
}

// The daemon reads its host as it is configured: what says how this one is read says nothing of it.
Result<report::Audit> audit_of_daemon(const Given& given, const AuditFlags& flags) {
  Given other = given;
  if (flags.subtract) other = {{"subtract", "true"}};
  if (const std::string why = against_from(other); !why.empty()) return fail(Error::other(why));
  const auto url = url_of_from(*flags.from);
  if (!url) return fail(url.error());
  return daemon::ask_audit(*url, flags.warn, flags.crit);
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
  if (flags.from) return print_audit(audit_of_daemon(given, flags), flags);
  if (flags.subtract) return subtract(flags);
  const auto effective = effective_config(environment(kReadingFlags), given);
  if (!effective.errors.empty()) {
    report(effective.errors);
    return kExitUnknown;
  }
  return print_audit(audit_of_host(effective.config, *options), flags);
}

void add_audit_flags(CLI::App& command, AuditFlags& flags) {
  command.add_option("--warn", flags.warn, "Percent of a limit from which on to warn (default 70)")
      ->type_name("");
  command
      .add_option("--crit", flags.crit,
                  "Percent of a limit from which on it is critical (default 90)")
      ->type_name("");
  command
      .add_option(
          "--from", flags.from,
          "Ask the kcommons that serves at this URL, http://host:port, in place of this host")
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
