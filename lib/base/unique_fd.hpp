// UniqueFd: owns one file descriptor and closes it. Move-only; there is no conversion to int, so
// that a descriptor is never copied by accident. Not thread-safe, like any value.
#pragma once

#include <utility>

namespace kcommons {

class UniqueFd final {
 public:
  UniqueFd() = default;
  explicit UniqueFd(int fd) : fd_(fd) {}
  UniqueFd(UniqueFd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  UniqueFd& operator=(UniqueFd&& other) noexcept {
    if (this != &other) {
      reset();
      fd_ = std::exchange(other.fd_, -1);
    }
    return *this;
  }
  UniqueFd(const UniqueFd&) = delete;
  UniqueFd& operator=(const UniqueFd&) = delete;
  ~UniqueFd() { reset(); }

  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] bool is_open() const { return fd_ >= 0; }
  [[nodiscard]] int release() { return std::exchange(fd_, -1); }
  // Closes what is held. errno is left as it was, so that this can stand in an error path.
  void reset() noexcept;

 private:
  int fd_ = -1;
};

}  // namespace kcommons
