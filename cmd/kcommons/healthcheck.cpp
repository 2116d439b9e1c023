#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "commands.hpp"
#include "config/listen_address.hpp"
#include "daemon/remote_health.hpp"
#include "effective_config.hpp"
#include "flags.hpp"
#include "from.hpp"
#include "http/url.hpp"
#include "output.hpp"

namespace kcommons::cmd {

namespace {

// Who asks where a password is wanted: what a health check runs is often a command and no more.
constexpr std::string_view kUserVariable = "KCOMMONS_USER";

std::string variable(std::string_view name) {
  const char* const value = std::getenv(std::string(name).c_str());
  return value == nullptr ? std::string() : value;
}

// The first that can be asked, which is over IPv4.
Result<config::ListenAddress> address_of(const config::Config& config) {
  for (const std::string& text : config.web.listen_addresses) {
    auto address = config::parse_listen_address(text);
    if (!address || !config::is_ipv6(*address)) return address;
  }
  return fail(
      Error::other("web.listen_address has IPv6 alone, over which this command does not ask: give "
                   "--from http://host:port"));
}

// Of the daemon on this machine that has this configuration.
Result<http::Url> url_of(const config::Config& config) {
  const auto address = address_of(config);
  if (!address) return fail(address.error());
  if (address->port == 0) {
    return fail(
        Error::other("web.listen_address has port 0, which says not which port it is: give "
                     "--from http://host:port"));
  }
  const bool is_any = address->host.empty() || address->host == "0.0.0.0";
  return http::Url{.user = variable(kUserVariable),
                   .password = variable(kPasswordVariable),
                   .host = is_any ? "127.0.0.1" : address->host,
                   .port = address->port,
                   .path = {}};
}

Result<http::Url> url_of(const std::string& from, const Given& flags) {
  if (!flags.empty()) {
    return fail(
        Error::other(fmt::format("--from with --{}, expected one of them", flags.begin()->first)));
  }
  return url_of_from(from);
}

// A file in which there is a mistake now makes the daemon that has read it before no less healthy:
// that is told only where nobody answers.
bool is_in_file(const config::ConfigError& error) {
  return error.line > 0;
}

int healthcheck(const Given& flags, const std::optional<std::string>& from) {
  config::LoadResult effective;
  if (!from) effective = effective_config(environment(kListenFlags), flags);
  const bool is_told = std::ranges::all_of(effective.errors, is_in_file);
  const auto url = from ? url_of(*from, flags) : url_of(effective.config);
  if (is_told && url) {
    const auto health = daemon::ask_health(
        *url, {.connect_timeout = std::chrono::seconds(2), .timeout = std::chrono::seconds(5)});
    if (health) return print("healthy\n");
    warn(health.error().message());
  }
  if (!url) warn(url.error().message());
  report(effective.errors);
  return kExitFailure;
}

}  // namespace

void add_healthcheck(CLI::App& app, int& exit_code) {
  auto* command = app.add_subcommand(
      "healthcheck",
      "Ask the kcommons that serves here, or elsewhere, whether all of it works.\n"
      "Exits with 0 when it says so, with 1 when it does not. Where it takes a password, the one\n"
      "here is asked as KCOMMONS_USER with KCOMMONS_PASSWORD, another as its URL says");
  const auto from = std::make_shared<std::optional<std::string>>();
  command
      ->add_option("--from", *from,
                   "Ask the one at this URL, http://host:port, in place of the one configured here")
      ->type_name("");
  const auto flags = add_flags(*command, kListenFlags);
  command->callback([flags, from, &exit_code] { exit_code = healthcheck(*flags, *from); });
}

}  // namespace kcommons::cmd
