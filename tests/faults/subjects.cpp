#include "subjects.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <stdexcept>
#include <string_view>
#include <thread>
#include <utility>

#include "census/bpf_source.hpp"
#include "census/procfs_source.hpp"
#include "real_world.hpp"
#include "world.hpp"

namespace kcommons::test {

namespace {

template <typename T>
T must(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().message());
  return std::move(*result);
}

std::string kind_of_call(CallKind kind, const std::string& file) {
  // One is read as all the others are.
  if (file.starts_with("sys/")) return std::string(name_of(kind)) + " sys/";
  return std::string(name_of(kind)) + " " + file;
}

// --- a tree of files ----------------------------------------------------------------------------

class InTree : public Subject {
 public:
  [[nodiscard]] std::string kind_of(const Call& call) const override {
    return kind_of_call(call.kind, world_.kind_of(call.path));
  }
  // Longer than inotify instances may be read for in one census.
  void wait() override { clock_.advance(std::chrono::seconds(2)); }

 protected:
  Result<std::unique_ptr<census::ProcfsSource>> open() {
    return census::ProcfsSource::open({.root = world_.proc.path(),
                                       .sysfs = world_.sysfs.path(),
                                       .layouts = cgroup::Layouts::built_in(),
                                       .inotify = {.large_instance = 50}},
                                      clock_);
  }
  void begin_anew() {
    source_ = must(open());
    rig_ = std::make_unique<Rig>(world_.root.path(), world_.proc.path(), clock_);
  }

  World world_;
  FakeClock clock_;
  std::unique_ptr<census::ProcfsSource> source_;
  std::unique_ptr<Rig> rig_;
};

// What a source reads at each pass.
class Reading final : public InTree {
 public:
  Outcome reset() override {
    begin_anew();
    world_.restore_the_cgroup();
    rig_->run(*source_);
    world_.remove_a_cgroup();
    return rig_->run(*source_);
  }
  Outcome run() override { return rig_->run(*source_); }
  Outcome run_again() override { return rig_->run(*source_); }
};

// What it reads when it is opened; the pass after that is what is compared.
class Start final : public InTree {
 public:
  Outcome reset() override {
    begin_anew();
    rig_->run(*source_);
    return last_ = rig_->run(*source_);
  }
  Outcome run() override {
    auto opened = open();
    if (opened) {
      source_ = std::move(*opened);
      const std::uint64_t counted = rig_->run(*source_).counted;
      Outcome second = rig_->run(*source_);
      second.counted += counted;
      return second;
    }
    // The daemon says so and ends.
    Outcome outcome = last_;
    outcome.error = opened.error();
    return outcome;
  }
  Outcome run_again() override { return rig_->run(*source_); }
  void touch() override { must(open()); }

 private:
  Outcome last_;
};

// What is read for the names of containers and users, by another thread.
class Names final : public InTree {
 public:
  Outcome reset() override {
    begin_anew();
    census_ = must(source_->take_census({}));
    last_ = rig_->name(census_);
    return last_;
  }
  void prepare() override {
    rig_ = std::make_unique<Rig>(world_.root.path(), world_.proc.path(), clock_);
  }
  Outcome run() override { return rig_->name(census_); }
  // The names of users are in a census that is later than the one that asks.
  Outcome run_again() override {
    Outcome outcome;
    for (int i = 0; i < 100; ++i) {
      outcome = rig_->name(census_);
      if (outcome.digest() == last_.digest()) break;
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return outcome;
  }
  // Names move what is held, and lose none of it.
  [[nodiscard]] std::vector<Difference> wrong(const Series& before,
                                              const Series& now) const override {
    return differences(held_of_pools(before), held_of_pools(now));
  }
  [[nodiscard]] Watch::Whom whom() const override { return Watch::Whom::kAllThreads; }

 private:
  census::Census census_;
  Outcome last_;
};

// --- this machine -------------------------------------------------------------------------------

// All that is looked at is one container: what else is here comes and goes.
class OnMachine : public Subject {
 public:
  Outcome reset() override {
    source_ = open();
    rig_ = std::make_unique<Rig>(root_.path(), "/proc", clock_);
    rig_->run(*source_);
    return rig_->run(*source_);
  }
  Outcome run() override { return rig_->run(*source_); }
  Outcome run_again() override { return rig_->run(*source_); }
  [[nodiscard]] std::string kind_of(const Call& call) const override {
    return kind_of_call(call.kind, RealWorld::kind_of(call.path));
  }
  [[nodiscard]] Series view(Series series) const override {
    std::erase_if(series, [this](const auto& one) {
      return one.first.find(world_.container_id()) == std::string::npos;
    });
    return series;
  }
  void wait() override { clock_.advance(std::chrono::seconds(2)); }

 protected:
  virtual std::unique_ptr<census::Source> open() = 0;
  RealWorld world_;
  FakeProc root_;  // nothing of a runtime in it
  FakeClock clock_;

 private:
  std::unique_ptr<census::Source> source_;
  std::unique_ptr<Rig> rig_;
};

class KernelReading final : public OnMachine {
 public:
  // What no tree of files has: all else is the same code.
  [[nodiscard]] bool takes(const std::string& kind) const override {
    constexpr std::array<std::string_view, 8> kOfKernel = {
        "ioctl ",         "kcmp ",          "send ",     "recv ",
        "open N/ns/user", "stat N/ns/user", "stat N/fd", "stat N/stat"};
    return std::ranges::any_of(kOfKernel,
                               [&](std::string_view start) { return kind.starts_with(start); });
  }

 protected:
  std::unique_ptr<census::Source> open() override {
    return must(census::ProcfsSource::open(
        {.root = "/proc", .layouts = cgroup::Layouts::built_in(), .inotify = {}}, clock_));
  }
};

class BpfReading final : public OnMachine {
 public:
  // Records of the container alone, and those that are nobody's.
  [[nodiscard]] std::string kind_of(const Call& call) const override {
    const auto of = call.path.find(" of ");
    if (call.kind != CallKind::kRecord) return OnMachine::kind_of(call);
    if (of == std::string::npos) return kind_of_call(call.kind, call.path);
    const std::string_view whose = std::string_view(call.path).substr(of + 4);
    const bool is_ours = whose == world_.container_id() || whose == std::to_string(world_.pid());
    return is_ours ? kind_of_call(call.kind, call.path.substr(0, of)) : std::string();
  }
  [[nodiscard]] bool takes(const std::string& kind) const override {
    constexpr std::array<std::string_view, 4> kOfBpf = {"iter_", "consume ", "record ", "lseek"};
    return std::ranges::any_of(kOfBpf,
                               [&](std::string_view start) { return kind.starts_with(start); });
  }

 protected:
  std::unique_ptr<census::Source> open() override {
    return must(census::BpfSource::open({.layouts = cgroup::Layouts::built_in(),
                                         .mappings = {.interval = std::chrono::milliseconds(0)}},
                                        clock_));
  }
};

}  // namespace

std::unique_ptr<Subject> make_reading() {
  return std::make_unique<Reading>();
}
std::unique_ptr<Subject> make_start() {
  return std::make_unique<Start>();
}
std::unique_ptr<Subject> make_names() {
  return std::make_unique<Names>();
}
std::unique_ptr<Subject> make_kernel_reading() {
  return std::make_unique<KernelReading>();
}
std::unique_ptr<Subject> make_bpf_reading() {
  return std::make_unique<BpfReading>();
}

}  // namespace kcommons::test
