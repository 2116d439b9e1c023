#include <fmt/core.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "base/clock.hpp"
#include "base/text.hpp"
#include "commands.hpp"
#include "daemon/incident_book.hpp"
#include "daemon/remote_incidents.hpp"
#include "flags.hpp"
#include "from.hpp"
#include "incidents/incident.hpp"
#include "incidents/ring_file.hpp"
#include "output.hpp"
#include "report/incident_json.hpp"
#include "report/incident_parse.hpp"
#include "report/incident_text.hpp"
#include "terminal.hpp"

namespace kcommons::cmd {

namespace {

// Where a service of systemd with StateDirectory=kcommons has it.
constexpr std::string_view kUsualFile = "/var/lib/kcommons/incidents.jsonl";
// Of those in the table, so many are told in full below it.
constexpr std::size_t kInFull = 3;

struct IncidentsFlags {
  std::optional<std::string> from;  // a daemon's URL
  std::optional<std::string> file;
  std::string output = "table";
};

int print_incidents(const incidents::Incidents& incidents, const IncidentsFlags& flags) {
  const SystemClock clock;
  if (flags.output == "json") return print(report::incidents_json(incidents, clock.wall()));
  if (incidents.empty()) return print("No incidents.\n");
  return print(report::incidents_text(incidents, kInFull, standard_output_paper()));
}

int print_file(const std::string& path, const IncidentsFlags& flags) {
  auto ring = incidents::read_ring(path);
  if (!ring) {
    warn(ring.error().message() +
         "; --file names the file of a kcommons, and --from the URL of one that runs");
    return kExitFailure;
  }
  incidents::Incidents written;
  std::size_t unreadable = ring->content.damaged.size();
  for (const incidents::RingRecord& record : ring->content.records) {
    auto incident = report::parse_incident_line(record.object);
    if (!incident) {
      ++unreadable;
      continue;
    }
    // Nobody watches it any more.
    if (!ring->is_written && incident->state == incidents::State::kOpen) {
      incident->state = incidents::State::kInterrupted;
    }
    written.push_back(std::make_shared<const incidents::Incident>(std::move(*incident)));
  }
  const int code = print_incidents(incidents::newest_states(std::move(written)), flags);
  if (unreadable > 0) {
    warn(fmt::format("{}: records left out, damaged or of another version: {}",
                     text::printable(path), unreadable));
  }
  return code;
}

int print_daemon(const IncidentsFlags& flags) {
  const auto url = url_of_from(*flags.from);
  if (!url) {
    warn(url.error().message());
    return kExitUsage;
  }
  const auto incidents = daemon::ask_incidents(*url);
  if (!incidents) {
    warn(incidents.error().message());
    return kExitFailure;
  }
  return print_incidents(*incidents, flags);
}

int incidents_of(const Given& given, const IncidentsFlags& flags) {
  if (flags.output != "table" && flags.output != "json") {
    warn(fmt::format("--output: \"{}\", expected table or json", text::printable(flags.output)));
    return kExitUsage;
  }
  if (flags.from && (flags.file || !given.empty())) {
    warn(fmt::format("--from with --{}, expected one of them: a daemon has incidents of its own",
                     flags.file ? "file" : "config.file"));
    return kExitUsage;
  }
  if (flags.from) return print_daemon(flags);
  if (flags.file) return print_file(*flags.file, flags);
  const auto effective = effective_config(environment({}), given);
  if (!effective.errors.empty()) return report(effective.errors);
  const std::string configured = daemon::incident_file_of(effective.config);
  return print_file(configured.empty() ? std::string(kUsualFile) : configured, flags);
}

}  // namespace

void add_incidents(CLI::App& app, int& exit_code) {
  auto* command = app.add_subcommand(
      "incidents",
      "When pools came near their limits, and who held them: the newest first, times in UTC");
  const auto flags = std::make_shared<IncidentsFlags>();
  command
      ->add_option("--from", flags->from,
                   "Ask the kcommons that serves at this URL, http://host:port")
      ->type_name("");
  command
      ->add_option("--file", flags->file,
                   "Read this file (default incidents.file of the configuration, else " +
                       std::string(kUsualFile) + ")")
      ->type_name("");
  command->add_option("-o,--output", flags->output, "table or json (default table)")->type_name("");
  const auto given = add_flags(*command, {});
  command->callback([given, flags, &exit_code] { exit_code = incidents_of(*given, *flags); });
}

}  // namespace kcommons::cmd
