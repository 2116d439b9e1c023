#include "procfs/cgroup.hpp"

#include "base/text.hpp"
#include "procfs/file_reader.hpp"

namespace kcommons::procfs {

namespace {

// 4:memory:/docker/9bc9…
bool has_a_line(std::string_view text) {
  while (!text.empty()) {
    std::string_view line = text::take_until(text, '\n');
    text::take_until(line, ':');
    text::take_until(line, ':');
    if (line.starts_with('/')) return true;
  }
  return false;
}

}  // namespace

Result<std::string_view> read_cgroup(const ProcessDir& process, std::string& buffer) {
  Result<std::string_view> text = read_file(process.fd(), "cgroup", buffer);
  if (!text) return fail(process.explain(text.error()));
  if (const auto cut = text::cut_line(*text); !cut.empty()) {
    return fail(Error::malformed("read cgroup: cut short", cut).during(process.name()));
  }
  // Without one, nothing tells where the process stands.
  if (!text->empty() && !has_a_line(*text)) {
    return fail(Error::malformed("read cgroup", *text).during(process.name()));
  }
  return text;
}

}  // namespace kcommons::procfs
