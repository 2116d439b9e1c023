// For the tests that fill a pool for real: a child that takes until the kernel refuses, and what
// kcommons says of the pool meanwhile, by either source.
#pragma once

#include <sys/types.h>

#include <cerrno>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "attribution/snapshot.hpp"
#include "catalogue/catalogue.hpp"
#include "live_support.hpp"

namespace kcommons::fill {

// What the child has got, in memory that both see.
struct Outcome {
  std::uint64_t taken = 0;
  int error = 0;            // errno of what was refused; 0: nothing was
  pid_t pid = 0;            // who holds it
  std::uint64_t extra = 0;  // for what a test wants to know beside
};

// Takes in a child until `take` has had enough, and keeps it until this object goes. `take` gives
// false when it could not even begin.
class Filled final {
 public:
  explicit Filled(const std::function<bool(Outcome&)>& take);
  [[nodiscard]] bool is_ready() const { return child_->is_ready(); }
  [[nodiscard]] const Outcome& outcome() const { return *outcome_; }

 private:
  struct Unmap {
    void operator()(Outcome* outcome) const;
  };
  std::unique_ptr<Outcome, Unmap> outcome_;
  std::unique_ptr<test::Child> child_;
};

// A pool as kcommons has it.
struct Seen {
  std::optional<std::uint64_t> used;
  std::optional<std::uint64_t> limit;
  std::uint64_t held = 0;  // by all holders
};

struct PoolName {
  catalogue::ResourceId resource{};
  std::string userns;
  std::string uid;
};
PoolName of_host(catalogue::ResourceId resource);
PoolName of_uid(catalogue::ResourceId resource, uid_t uid);
PoolName of_user(catalogue::ResourceId resource, uid_t uid, const std::string& userns = "initial");

enum class By { kBpf, kProcfs };
// Where sysfs is, of the namespace that is looked at.
Seen look(By source, const PoolName& pool, const std::string& sysfs = "/sys");

// Looks until `used` is that, for what the kernel does a moment later.
Seen look_for(By source, const PoolName& pool, std::uint64_t used);

// The name of the errno is the one that the catalogue promises a victim.
bool is_promised(catalogue::ResourceId resource, int error);

// UIDs that nobody has.
uid_t fresh_uid(unsigned offset);
// As one who has no rights, with all the descriptors that the machine allows.
bool become(uid_t uid);
// Sets the soft and hard limit (getrlimit(2)).
bool limit_to(int resource, std::uint64_t limit);

// A sysctl by its path below /proc/sys.
std::uint64_t read_sysctl(const std::string& path);

// Another value for as long as this object lives. Should the test be killed, with_sysctl, which
// runs it, brings the old one back.
class Lowered final {
 public:
  Lowered(const std::string& path, const std::string& value);
  Lowered(const std::string& path, std::uint64_t value) : Lowered(path, std::to_string(value)) {}
  Lowered(const Lowered&) = delete;
  Lowered& operator=(const Lowered&) = delete;
  ~Lowered() { restore(); }
  void restore() const;

 private:
  std::string path_;
  std::string before_;
};

}  // namespace kcommons::fill
