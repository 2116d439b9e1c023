#include "procfs/cgroup.hpp"

#include "procfs/file_reader.hpp"

namespace kcommons::procfs {

Result<std::string_view> read_cgroup(const ProcessDir& process, std::string& buffer) {
  Result<std::string_view> text = read_file(process.fd(), "cgroup", buffer);
  if (!text) return fail(process.explain(text.error()));
  return text;
}

}  // namespace kcommons::procfs
