#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "base/text.hpp"
#include "base/unique_fd.hpp"
#include "build_info.hpp"
#include "commands.hpp"
#include "daemon/exposition_once.hpp"
#include "flags.hpp"
#include "output.hpp"

namespace kcommons::cmd {

namespace {

struct ReportFlags {
  std::string textfile;
};

Result<void> write_all(int fd, std::string_view text, const std::string& path) {
  while (!text.empty()) {
    const ssize_t written = ::write(fd, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return fail(Error::from_errno(errno, "write " + path));
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

Result<void> fill(const UniqueFd& file, std::string_view text, const std::string& path) {
  constexpr mode_t kReadable = 0644;  // whoever serves it is another user
  if (auto written = write_all(file.get(), text, path); !written) return written;
  if (::fchmod(file.get(), kReadable) != 0) {
    return fail(Error::from_errno(errno, "let others read " + path));
  }
  // The name must not come to the disk before the text.
  if (::fsync(file.get()) != 0) return fail(Error::from_errno(errno, "write " + path));
  return {};
}

// Whoever reads `path` meanwhile sees all of the old text or all of the new one. The file beside it
// does not end in ".prom", so that no collector takes it for one of its own.
Result<void> replace_file(const std::string& path, std::string_view text) {
  std::string beside = path + ".XXXXXX";
  const UniqueFd file(::mkostemp(beside.data(), O_CLOEXEC));
  if (!file.is_open()) return fail(Error::from_errno(errno, "create a file beside " + path));
  auto done = fill(file, text, beside);
  if (done && ::rename(beside.c_str(), path.c_str()) != 0) {
    done = fail(Error::from_errno(errno, fmt::format("rename {} to {}", beside, path)));
  }
  if (!done) ::unlink(beside.c_str());
  return done;
}

int write_textfile(const std::string& path, std::string_view text) {
  if (!path.ends_with(".prom")) {
    warn(fmt::format("{}: node_exporter reads files that end in .prom alone",
                     text::printable(path)));
  }
  const auto done = replace_file(path, text);
  if (done) return kExitOk;
  warn(done.error().message() + "; what was there before stays");
  return kExitFailure;
}

int report_of(const config::Config& config, const ReportFlags& flags) {
  const SystemClock clock;
  const auto text = daemon::exposition_once(config, build_info(), clock);
  if (!text) {
    warn(text.error().during("read the host").message() + "; there is nothing to report");
    return kExitFailure;
  }
  return flags.textfile.empty() ? print(*text) : write_textfile(flags.textfile, *text);
}

}  // namespace

void add_report(CLI::App& app, int& exit_code) {
  auto* command = app.add_subcommand(
      "report", "Print what a scrape would get, of one look at the host, and end");
  const auto flags = std::make_shared<ReportFlags>();
  command
      ->add_option("--textfile", flags->textfile,
                   "Write it to this file at one stroke, for the textfile collector of "
                   "node_exporter (*.prom)")
      ->type_name("PATH");
  const auto given = add_flags(*command, kReadingFlags);
  command->callback([given, flags, &exit_code] {
    const auto effective = effective_config(environment(kReadingFlags), *given);
    exit_code =
        effective.errors.empty() ? report_of(effective.config, *flags) : report(effective.errors);
  });
}

}  // namespace kcommons::cmd
