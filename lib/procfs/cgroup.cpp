#include "procfs/cgroup.hpp"

#include "base/text.hpp"
#include "procfs/file_reader.hpp"

namespace kcommons::procfs {

Result<std::string_view> read_cgroup(const ProcessDir& process, std::string& buffer) {
  Result<std::string_view> text = read_file(process.fd(), "cgroup", buffer);
  if (!text) return fail(process.explain(text.error()));
  if (const auto cut = text::cut_line(*text); !cut.empty()) {
    return fail(Error::malformed("read cgroup: cut short", cut).during(process.name()));
  }
  return text;
}

}  // namespace kcommons::procfs
