// A recording, as anybody may have changed it: what is taken can be attributed and written again.
#include "attribution/attributor.hpp"
#include "fuzz.hpp"
#include "report/recording.hpp"

using namespace kcommons;
using namespace kcommons::fuzz;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  const std::string_view text = input.rest();
  const auto record = parsed([&] { return report::parse_record(text); });
  if (!record) return 0;
  const std::string line = report::record_line(*record);
  demand(is_utf8(line) && line.find('\n') == std::string::npos, "a record is UTF-8 on one line");
  const auto back = report::parse_record(line);
  demand(back.has_value(), "a record that was read can be written and read");
  demand(report::record_line(*back) == line, "it survives being written");
  const attribution::Snapshot snapshot = attribution::Attributor({}, 0.5).attribute(record->census);
  demand(snapshot.processes <= record->census.processes.size(), "no process is made up");
  return 0;
}
