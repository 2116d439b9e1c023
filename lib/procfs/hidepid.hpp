// The hidepid= option of a procfs mount: who may see the processes of others (proc(5)). With it, a
// reader without rights sees its own processes only, and a census must say so rather than show a
// quiet host. Thread-safe.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace kcommons::procfs {

class ProcRoot;

// The value of hidepid= as the kernel prints it: "1", "2" or "4", from Linux 5.8 on "noaccess",
// "invisible" or "ptraceable". Empty where the option is absent or off, and on a fixture tree.
// Fails where `root` has no "self": the reader is then in no PID namespace that this procfs shows.
Result<std::optional<std::string>> read_hidepid(const ProcRoot& root);

// The same from the text of a mountinfo file (proc(5)), for the file system with this device
// number, written "major:minor". A mount that is not listed is malformed.
Result<std::optional<std::string>> parse_hidepid(std::string_view mountinfo,
                                                 std::string_view device);

}  // namespace kcommons::procfs
