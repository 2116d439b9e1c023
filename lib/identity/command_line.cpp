#include "identity/command_line.hpp"

#include <vector>

#include "base/text.hpp"

namespace kcommons::identity {

namespace {

using cgroup::Runtime;
using Arguments = std::vector<std::string_view>;

// Arguments behind these are not looked at: conmon's are some eighty.
constexpr std::size_t kMostArguments = 256;

// An argument without its end was cut short: half an id is another one.
Arguments arguments_of(std::string_view text) {
  Arguments arguments;
  while (text.find('\0') != std::string_view::npos && arguments.size() < kMostArguments) {
    arguments.push_back(text::take_until(text, '\0'));
  }
  return arguments;
}

std::string_view base_name(std::string_view path) {
  return path.substr(path.rfind('/') + 1);  // npos + 1 is 0
}

// The argument behind the first of `flags`, or what stands behind its '='.
std::string value_of(const Arguments& arguments, std::initializer_list<std::string_view> flags) {
  for (std::size_t i = 1; i < arguments.size(); ++i) {
    for (const std::string_view flag : flags) {
      const std::string_view argument = arguments[i];
      if (argument == flag && i + 1 < arguments.size()) return safe_text(arguments[i + 1]);
      if (argument.starts_with(flag) && argument.substr(flag.size()).starts_with('=')) {
        return safe_text(argument.substr(flag.size() + 1));
      }
    }
  }
  return {};
}

std::optional<SupervisedBy> named(Supervisor supervisor, Facts facts) {
  if (facts.id.empty()) return std::nullopt;
  return SupervisedBy{.supervisor = supervisor, .facts = std::move(facts)};
}

std::optional<SupervisedBy> of_shim(const Arguments& arguments) {
  Facts facts;
  facts.id = value_of(arguments, {"-id", "--id"});
  facts.pod_namespace = value_of(arguments, {"-namespace", "--namespace"});
  return named(Supervisor::kShim, std::move(facts));
}

std::optional<SupervisedBy> of_conmon(const Arguments& arguments) {
  Facts facts;
  facts.id = value_of(arguments, {"-c", "--cid"});
  facts.container = value_of(arguments, {"-n", "--name"});
  return named(Supervisor::kConmon, std::move(facts));
}

std::optional<SupervisedBy> of_nspawn(const Arguments& arguments) {
  Facts facts;
  facts.runtime = Runtime::kSystemdNspawn;
  facts.id = value_of(arguments, {"-M", "--machine"});
  facts.container = facts.id;
  return named(Supervisor::kNspawn, std::move(facts));
}

// It writes its title over its arguments: "[lxc monitor] /var/lib/lxc NAME".
std::optional<SupervisedBy> of_lxc_monitor(std::string_view title) {
  title = title.substr(0, title.find('\0'));
  Facts facts;
  facts.runtime = Runtime::kLxc;
  facts.id = safe_text(title.substr(title.rfind(' ') + 1));
  facts.container = facts.id;
  return named(Supervisor::kLxcMonitor, std::move(facts));
}

}  // namespace

std::optional<SupervisedBy> parse_command_line(std::string_view text) {
  if (text.starts_with("[lxc monitor] ")) return of_lxc_monitor(text);
  const Arguments arguments = arguments_of(text);
  if (arguments.empty()) return std::nullopt;
  const std::string_view program = base_name(arguments.front());
  if (program.starts_with("containerd-shim")) return of_shim(arguments);
  if (program == "conmon") return of_conmon(arguments);
  if (program == "systemd-nspawn") return of_nspawn(arguments);
  return std::nullopt;
}

}  // namespace kcommons::identity
