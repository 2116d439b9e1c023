#include "saved_sysctls.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>

namespace e2e {

namespace {

constexpr const char* kLockFile = "/run/kcommons-e2e.lock";

std::string path_of(std::string name) {
  std::replace(name.begin(), name.end(), '.', '/');
  return "/proc/sys/" + name;
}

// Empty if there is no such sysctl.
std::string value_of(const std::string& name) {
  std::ifstream file(path_of(name));
  std::string value;
  std::getline(file, value);
  return value;
}

}  // namespace

void complain(const std::string& what) {
  const std::string line = "with_sysctl: " + what + '\n';
  std::fputs(line.c_str(), stderr);
}

bool is_sysctl_name(std::string_view name) {
  return !name.empty() && name.front() != '.' && name.find("..") == std::string_view::npos &&
         std::all_of(name.begin(), name.end(), [](unsigned char c) {
           return std::islower(c) != 0 || std::isdigit(c) != 0 || c == '_' || c == '-' || c == '.';
         });
}

bool SavedSysctls::write_back(const std::vector<Sysctl>& sysctls) {
  bool good = true;
  for (const Sysctl& sysctl : sysctls) {
    if (value_of(sysctl.name) == sysctl.value) continue;
    std::ofstream(path_of(sysctl.name)) << sysctl.value << '\n';
    const bool restored = value_of(sysctl.name) == sysctl.value;
    complain(sysctl.name + (restored ? " restored to " : " could not be restored to ") +
             sysctl.value);
    good = good && restored;
  }
  return good;
}

bool SavedSysctls::restore_leftovers() {
  std::ifstream file(kLockFile);
  std::vector<Sysctl> left;
  for (Sysctl sysctl; file >> sysctl.name && std::getline(file >> std::ws, sysctl.value);)
    if (is_sysctl_name(sysctl.name)) left.push_back(sysctl);
  if (!left.empty()) complain("an earlier run was cut off, its sysctls come first");
  return write_back(left);
}

SavedSysctls::Outcome SavedSysctls::save(const std::vector<std::string>& names) {
  lock_ = open(kLockFile, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (lock_ < 0) {
    complain(std::string("cannot open ") + kLockFile + ": " + std::strerror(errno));
    return Outcome::failed;
  }
  if (flock(lock_, LOCK_EX | LOCK_NB) != 0) {
    complain(std::string("another run is on (") + kLockFile + " is locked), refusing");
    return Outcome::busy;
  }
  if (!restore_leftovers()) return Outcome::failed;

  for (const std::string& name : names) {
    const std::string value = value_of(name);
    if (value.empty()) {
      complain(std::string("cannot save ").append(name).append(", its value is ").append(value));
      return Outcome::failed;
    }
    saved_.push_back({name, value});
  }
  std::ofstream file(kLockFile, std::ios::trunc);
  for (const Sysctl& sysctl : saved_) file << sysctl.name << ' ' << sysctl.value << '\n';
  return file.flush() ? Outcome::saved : Outcome::failed;
}

bool SavedSysctls::restore() const {
  return write_back(saved_);
}

void SavedSysctls::forget() const {
  if (ftruncate(lock_, 0) != 0) complain(std::string("cannot empty ") + kLockFile);
}

}  // namespace e2e
