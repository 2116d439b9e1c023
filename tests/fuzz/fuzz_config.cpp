// The configuration: a whole file, and single values as flags and environment give them.
#include "config/config.hpp"
#include "config/listen_address.hpp"
#include "fuzz.hpp"

using namespace kcommons;
using namespace kcommons::config;
using namespace kcommons::fuzz;

namespace {

void check_file(std::string_view yaml) {
  const LoadResult loaded = parse(yaml, "kcommons.yaml");
  demand(loaded.errors.size() <= 101, "errors have a limit");
  const ConfigError* before = nullptr;
  for (const ConfigError& error : loaded.errors) {
    demand(is_printable(error.text()), "an error is one printable line");
    demand(error.text().starts_with("kcommons.yaml:"), "an error has its place");
    demand(before == nullptr || error.line == 0 || before->line <= error.line,
           "errors are in the order of the file");
    before = &error;
  }
  demand(loaded.config == parse(yaml, "other").config, "a file always reads to the same");
  if (!loaded.errors.empty()) return;
  const Config& config = loaded.config;
  demand(config.sampling.holdings_interval >= config.sampling.pools_interval,
         "holdings are read no more often than pools");
  demand(config.neighbours_above >= 0 && config.neighbours_above <= 1, "a share is one");
  demand(config.web.telemetry_path.starts_with('/'), "a path of the server is absolute");
  demand(!config.web.listen_addresses.empty(), "there is an address to listen on");
  for (const std::string& address : config.web.listen_addresses) {
    demand(parse_listen_address(address).has_value(),
           "an address that is taken can be listened on");
  }
}

void check_value(Input input) {
  static const auto kKeys = known_keys();
  const std::string& key = kKeys.at(input.choice(kKeys.size()));
  Config config;
  const auto done = set(config, key, input.rest());
  if (done) return;
  demand(is_printable(done.error().message()), "an error is one printable line");
  demand(config == Config{}, "an error leaves the configuration as it was");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  check_file(input.rest());
  check_value(input);
  (void)parsed_alike([&] { return parse_listen_address(input.rest()); });
  return 0;
}
