// While it lives, this process can open no descriptor (EMFILE), and each one that is closed can be
// opened again. For tests; of one thread.
#pragma once

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <stdexcept>

namespace kcommons::test {

class NoMoreDescriptors final {
 public:
  NoMoreDescriptors() {
    // The lowest free number: all below are taken.
    const int lowest_free = ::dup(0);
    if (lowest_free < 0 || ::getrlimit(RLIMIT_NOFILE, &before_) != 0) {
      throw std::runtime_error("no descriptor to begin with");
    }
    ::close(lowest_free);
    set(static_cast<rlim_t>(lowest_free));
  }
  ~NoMoreDescriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }
  NoMoreDescriptors(const NoMoreDescriptors&) = delete;
  NoMoreDescriptors& operator=(const NoMoreDescriptors&) = delete;

 private:
  void set(rlim_t most) const {
    rlimit limit = before_;
    limit.rlim_cur = most;
    if (::setrlimit(RLIMIT_NOFILE, &limit) != 0) throw std::runtime_error("setrlimit");
  }

  rlimit before_{};
};

}  // namespace kcommons::test
