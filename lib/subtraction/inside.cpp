#include "subtraction/inside.hpp"

#include <vector>

#include "subtraction/limit_names.hpp"
#include "subtraction/limit_sysctls.hpp"

namespace kcommons::subtraction {

namespace {

// What it is now, if it took one more or one less.
std::string change(int proc_fd, const LimitSysctl& limit) {
  for (const auto& next : {one_more(limit.value), one_less(limit.value)}) {
    if (!next || write_sysctl(proc_fd, limit.path, *next) != 0) continue;
    // Some take a value and make another one of it.
    std::string now = read_sysctl(proc_fd, limit.path);
    if (!now.empty() && now != limit.value) return now;
  }
  return {};
}

}  // namespace

void look_at_sysctls(const Inside& inside) {
  const auto limits = read_limit_sysctls(inside.proc);
  if (!limits) {
    inside.talk.say(failure_line(limits.error().message()));
    return;
  }
  std::vector<SeenSysctl> seen;
  for (const LimitSysctl& limit : *limits) {
    seen.push_back({.name = limit.name,
                    .value = limit.value,
                    .write_error = write_sysctl(inside.proc, limit.path, limit.value)});
  }
  for (std::size_t i = 0; i < seen.size(); ++i) {
    if (seen[i].write_error == 0 && may_be_changed(seen[i].name)) {
      seen[i].changed_to = change(inside.proc, (*limits)[i]);
    }
  }
  inside.talk.ask(kChangedLine);
  for (std::size_t i = seen.size(); i-- > 0;) {
    if (seen[i].changed_to.empty()) continue;
    static_cast<void>(write_sysctl(inside.proc, (*limits)[i].path, seen[i].value));
  }
  for (const SeenSysctl& one : seen) inside.talk.say(line_of(one));
}

void say_all(const Inside& inside) {
  look_at_sysctls(inside);
  ask_counts(inside);
  ask_charges(inside);
  inside.talk.say(kDoneLine);
}

}  // namespace kcommons::subtraction
