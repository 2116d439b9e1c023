// The ring file of incidents, whatever a disk, a loss of power or somebody else has left in it, up
// to the page; and the JSON of a daemon.
#include <memory>

#include "fuzz.hpp"
#include "incidents/ring_text.hpp"
#include "report/incident_json.hpp"
#include "report/incident_parse.hpp"
#include "report/incident_text.hpp"

using namespace kcommons;
using namespace kcommons::report;
using namespace kcommons::fuzz;

namespace {

// A record is put into a slot here, as no fuzzer finds a checksum.
void check_line(std::string_view text) {
  const auto incident = parsed([&] { return parse_incident_line(text); });
  if (!incident) return;
  const std::string line = incident_line(*incident, incidents::kMostRecordBytes);
  demand(is_utf8(line) && line.find('\n') == std::string::npos, "a line is UTF-8 on one line");
  const auto back = parse_incident_line(line);
  demand(back.has_value(), "an incident that was read can be written and read");
  demand(incident_line(*back, incidents::kMostRecordBytes) == line, "it survives being written");
  const auto slot = incidents::slot_of(back->id % 1000 + 1, line);
  demand(slot.has_value() == (line.size() <= incidents::kMostRecordBytes), "what fits is a slot");
  if (!slot) return;
  const incidents::RingContent ring = incidents::parse_ring(*slot);
  demand(ring.records.size() == 1 && ring.records[0].object == line, "a slot gives it back");
  const incidents::Incidents all{std::make_shared<const incidents::Incident>(*back)};
  demand(is_utf8(incidents_text(all, 1, {.columns = 80})), "a page is valid UTF-8");
}

void check_ring(std::string_view bytes) {
  const incidents::RingContent ring = incidents::parse_ring(bytes);
  const std::size_t slots = (bytes.size() + incidents::kSlotBytes - 1) / incidents::kSlotBytes;
  demand(ring.slots == slots, "every byte is in a slot");
  demand(ring.records.size() + ring.damaged.size() <= slots, "a slot is one thing");
  std::uint64_t last = 0;
  for (const incidents::RingRecord& record : ring.records) {
    demand(record.slot < slots && record.sequence >= last, "records are in order");
    last = record.sequence;
    const auto again = incidents::slot_of(record.sequence, record.object);
    if (again) {
      demand(incidents::parse_ring(*again).records.at(0).object == record.object,
             "a record that was read can be written and read");
    }
    check_line(record.object);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  const std::string_view text = input.rest();
  check_ring(text);
  check_line(text);
  const auto document = parsed([&] { return parse_incidents_json(text); });
  if (!document) return 0;
  const std::string json = incidents_json(*document, WallTime{});
  const auto back = parse_incidents_json(json);
  demand(back.has_value(), "incidents that were read can be written and read");
  demand(incidents_json(*back, WallTime{}) == json, "incidents survive being written");
  return 0;
}
