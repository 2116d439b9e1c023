#include "procfs/net_dev.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>

#include "base/text.hpp"
#include "procfs/file_reader.hpp"

namespace kcommons::procfs {

namespace {

// IFNAMSIZ of include/uapi/linux/if.h, with the NUL at the end.
constexpr std::size_t kLongestName = 15;
constexpr std::size_t kColumns = 16;
// Of the receiving half of a line.
constexpr std::size_t kPackets = 1;
constexpr std::size_t kErrors = 2;
constexpr std::size_t kDropped = 3;
// A line has some 130 bytes, and a host may have some ten thousand devices.
constexpr std::size_t kLimit = std::size_t{16} << 20U;

// dev_valid_name of net/core/dev.c.
bool is_device_name(std::string_view name) {
  return !name.empty() && name.size() <= kLongestName && name != "." && name != ".." &&
         std::ranges::none_of(
             name, [](char c) { return c == '/' || c == ' ' || (c >= '\t' && c <= '\r'); });
}

//   eth0: 2239956906   60264    0    0    0     0          0         0  2256315   29116    0 …
std::optional<NetDevice> parse_line(std::string_view line) {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  NetDevice device;
  device.name = line.substr(0, colon);
  device.name.remove_prefix(std::min(device.name.find_first_not_of(' '), device.name.size()));
  std::string_view rest = line.substr(colon + 1);
  std::array<std::uint64_t, kColumns> columns{};
  for (std::uint64_t& column : columns) {
    const auto number = text::parse_number<std::uint64_t>(text::take_word(rest));
    if (!number) return std::nullopt;
    column = *number;
  }
  if (!is_device_name(device.name) || !text::take_word(rest).empty()) return std::nullopt;
  device.packets = columns[kPackets];
  device.errors = columns[kErrors];
  device.dropped = columns[kDropped];
  return device;
}

bool is_heading(std::string_view first, std::string_view second) {
  return first.starts_with("Inter-|") && second.starts_with(" face |bytes    packets errs drop ");
}

}  // namespace

Result<std::vector<NetDevice>> parse_net_dev(std::string_view text) {
  std::string_view rest = text;
  const std::string_view first = text::take_until(rest, '\n');
  if (!is_heading(first, text::take_until(rest, '\n'))) {
    return fail(Error::malformed("parse heading of net/dev", text));
  }
  if (const auto cut = text::cut_line(text); !cut.empty()) {
    return fail(Error::malformed("parse net/dev: cut short", cut));
  }
  std::vector<NetDevice> devices;
  while (!rest.empty()) {
    const std::string_view line = text::take_until(rest, '\n');
    const auto device = parse_line(line);
    if (!device) return fail(Error::malformed("parse net/dev", line));
    devices.push_back(*device);
  }
  return devices;
}

Result<std::vector<NetDevice>> read_net_dev(const ProcessDir& process, std::string& buffer) {
  const auto text = read_file(process.fd(), "net/dev", buffer, kLimit);
  if (!text) return fail(process.explain(text.error()));
  auto devices = parse_net_dev(*text);
  if (!devices) return fail(devices.error().during(process.name()));
  return devices;
}

}  // namespace kcommons::procfs
