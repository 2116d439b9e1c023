// SavedSysctls: the values of some sysctls before a test changed them, and the way back. One object
// on a machine at a time, held by a lock file, in which the values are noted until they are back:
// if all that guards a run is killed at once, the next run finds them there.
//
// The lock is shared with forked children and lasts until the last of them is gone; a program that
// is executed does not inherit it. Not thread-safe. Failures are told on stderr and returned.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace e2e {

// One line on stderr, "with_sysctl: " before it.
void complain(const std::string& what);

// Dotted, of lower-case letters, digits, '_' and '-'. Names are read back from the lock file as
// root, and a name becomes a path.
bool is_sysctl_name(std::string_view name);

class SavedSysctls final {
 public:
  enum class Outcome { saved, busy, failed };

  // Takes the lock, restores what an earlier run left, and notes the values of these.
  Outcome save(const std::vector<std::string>& names);

  // Writes the values that differ. False if one is not what it should be afterwards.
  bool restore() const;

  // Everything is back: no longer noted in the lock file.
  void forget() const;

 private:
  struct Sysctl {
    std::string name;
    std::string value;
  };

  static bool write_back(const std::vector<Sysctl>& sysctls);
  static bool restore_leftovers();

  std::vector<Sysctl> saved_;
  // Never closed: the lock ends with the last process that has it.
  int lock_ = -1;
};

}  // namespace e2e
