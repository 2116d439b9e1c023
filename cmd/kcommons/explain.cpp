#include "report/explain.hpp"

#include <fmt/core.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "base/clock.hpp"
#include "base/text.hpp"
#include "commands.hpp"
#include "daemon/one_shot.hpp"
#include "daemon/process_names.hpp"
#include "flags.hpp"
#include "output.hpp"
#include "procfs/process_dir.hpp"
#include "procfs/stat.hpp"
#include "terminal.hpp"

namespace kcommons::cmd {

namespace {

struct ExplainFlags {
  std::string subject;
  std::string output = "table";
};

// Why there is nothing to explain.
std::string nothing_of(const config::Config& config, std::string_view subject) {
  const auto pid = text::parse_number<Pid::rep>(subject);
  const auto procfs = procfs::ProcRoot::open(config.paths.procfs);
  const auto process = pid && procfs ? procfs::ProcessDir::open(*procfs, Pid(*pid))
                                     : Result<procfs::ProcessDir>(fail(Error::other("")));
  std::string buffer;
  const auto stat =
      process ? procfs::read_stat(*process, buffer) : Result<procfs::Stat>(fail(process.error()));
  if (stat && stat->is_kernel_thread()) {
    return fmt::format("process {} is a thread of the kernel, which belongs to nobody", *pid);
  }
  return fmt::format(
      "\"{}\" is no process and no container with a process here; `kcommons top` lists the "
      "containers",
      text::printable(subject));
}

int explain_of(const config::Config& config, const ExplainFlags& flags) {
  const SystemClock clock;
  auto look = daemon::sample_once(config, clock);
  if (!look) {
    warn(look.error().during("read the host").message() + "; there is nothing to explain");
    return kExitFailure;
  }
  const report::TopSource source{.name = std::move(look->source),
                                 .reason = std::move(look->source_reason),
                                 .restriction = std::move(look->restriction)};
  report::Explanation explanation =
      report::explain(look->census, look->snapshot, look->told, source, flags.subject);
  if (explanation.answers.empty()) {
    warn(nothing_of(config, flags.subject));
    return kExitFailure;
  }
  if (const auto named = daemon::name_processes(config.paths.procfs, explanation); !named) {
    warn(named.error().message() + "; the process is shown without a name");
  }
  if (flags.output == "json") return print(report::explanation_json(explanation));
  const int code = print(report::explanation_text(explanation, standard_output_paper()));
  for (const std::string& warning : explanation.warnings) warn(text::printable(warning));
  return code;
}

int explain(const Given& given, const ExplainFlags& flags) {
  if (flags.output != "table" && flags.output != "json") {
    warn(fmt::format("--output: \"{}\", expected table or json", text::printable(flags.output)));
    return kExitUsage;
  }
  const auto effective = effective_config(environment(kReadingFlags), given);
  if (!effective.errors.empty()) return report(effective.errors);
  return explain_of(effective.config, flags);
}

}  // namespace

void add_explain(CLI::App& app, int& exit_code) {
  auto* command = app.add_subcommand(
      "explain", "Why a process or container is called what it is: the evidence, and its bookings");
  const auto flags = std::make_shared<ExplainFlags>();
  command
      ->add_option("subject", flags->subject,
                   "A PID; or the id of a container, the beginning of one, or its name: "
                   "web, or namespace/pod/container")
      ->required()
      ->type_name("PID|CONTAINER");
  command->add_option("-o,--output", flags->output, "table or json (default table)")->type_name("");
  const auto given = add_flags(*command, kReadingFlags);
  command->callback([given, flags, &exit_code] { exit_code = explain(*given, *flags); });
}

}  // namespace kcommons::cmd
