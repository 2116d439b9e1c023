#include "filled.hpp"

#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <fstream>

#include "attribution/attributor.hpp"
#include "census/bpf_source.hpp"
#include "census/procfs_source.hpp"

namespace kcommons::fill {

namespace {

const SystemClock kClock;

std::unique_ptr<census::Source> open_source(By source, const std::string& sysfs) {
  const auto layouts = cgroup::Layouts::built_in();
  if (source == By::kBpf) {
    return test::must(census::BpfSource::open({.sysfs = sysfs, .layouts = layouts}, kClock));
  }
  return test::must(census::ProcfsSource::open({.sysfs = sysfs, .layouts = layouts}, kClock));
}

// One of each is opened once: it is kept while what it reads is filled up.
census::Source& source_of(By source, const std::string& sysfs) {
  static std::array<std::unique_ptr<census::Source>, 2> sources;
  static std::array<std::string, 2> places;
  const auto index = static_cast<std::size_t>(source);
  if (!sources.at(index) || places.at(index) != sysfs) {
    sources.at(index) = open_source(source, sysfs);
    places.at(index) = sysfs;
  }
  return *sources.at(index);
}

}  // namespace

void Filled::Unmap::operator()(Outcome* outcome) const {
  ::munmap(outcome, sizeof(Outcome));
}

Filled::Filled(const std::function<bool(Outcome&)>& take) {
  void* const shared =
      ::mmap(nullptr, sizeof(Outcome), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (shared == MAP_FAILED) FAIL("mmap");
  outcome_.reset(new (shared) Outcome);
  child_ = std::make_unique<test::Child>([&] {
    outcome_->pid = ::getpid();
    return take(*outcome_);
  });
}

PoolName of_host(catalogue::ResourceId resource) {
  return {.resource = resource, .userns = "", .uid = ""};
}
PoolName of_uid(catalogue::ResourceId resource, uid_t uid) {
  return {.resource = resource, .userns = "", .uid = std::to_string(uid)};
}
PoolName of_user(catalogue::ResourceId resource, uid_t uid, const std::string& userns) {
  return {.resource = resource, .userns = userns, .uid = std::to_string(uid)};
}

Seen look(By source, const PoolName& name, const std::string& sysfs) {
  const auto census = test::must(source_of(source, sysfs).take_census({}));
  const auto snapshot = attribution::Attributor({}, 0.5).attribute(census);
  for (const attribution::Pool& pool : snapshot.pools) {
    if (pool.resource != name.resource || pool.userns != name.userns || pool.uid != name.uid) {
      continue;
    }
    Seen seen{.used = pool.used_at_census};
    if (pool.limit) seen.limit = pool.limit->value;
    for (const attribution::Holding& holding : pool.holdings) seen.held += holding.used;
    return seen;
  }
  return {};
}

Seen look_for(By source, const PoolName& name, std::uint64_t used) {
  Seen seen;
  test::eventually([&] {
    seen = look(source, name);
    return seen.used == used;
  });
  return seen;
}

bool is_promised(catalogue::ResourceId resource, int error) {
  const char* const name = ::strerrorname_np(error);
  return name != nullptr && catalogue::resource(resource).error == name;
}

uid_t fresh_uid(unsigned offset) {
  return 1'000'000U + static_cast<uid_t>(::getpid()) * 64U + offset;
}

bool limit_to(int resource, std::uint64_t limit) {
  const rlimit both{.rlim_cur = limit, .rlim_max = limit};
  return ::setrlimit(static_cast<__rlimit_resource>(resource), &both) == 0;
}

bool become(uid_t uid) {
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  return ::setrlimit(RLIMIT_NOFILE, &files) == 0 && ::syscall(SYS_setresuid, uid, uid, uid) == 0 &&
         ::prctl(PR_SET_DUMPABLE, 1) == 0;
}

Lowered::Lowered(const std::string& path, const std::string& value) : path_("/proc/sys/" + path) {
  std::ifstream before(path_);
  if (!std::getline(before, before_)) FAIL("cannot read " << path_);
  std::ofstream file(path_);
  file << value << '\n';
  if (!file.flush()) FAIL("cannot write " << path_);
}

void Lowered::restore() const {
  std::ofstream(path_) << before_ << '\n';
}

std::uint64_t read_sysctl(const std::string& path) {
  std::uint64_t value = 0;
  if (!(std::ifstream("/proc/sys/" + path) >> value)) FAIL("cannot read " << path);
  return value;
}

}  // namespace kcommons::fill
