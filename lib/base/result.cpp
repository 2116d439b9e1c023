#include "base/result.hpp"

#include <cerrno>

#include "base/text.hpp"

namespace kcommons {

namespace {
constexpr std::size_t kExcerptBytes = 80;
}  // namespace

std::string_view name_of(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kGone:
      return "gone";
    case ErrorKind::kDenied:
      return "denied";
    case ErrorKind::kExhausted:
      return "exhausted";
    case ErrorKind::kMalformed:
      return "malformed";
    case ErrorKind::kOther:
      break;
  }
  return "other";
}

ErrorKind kind_of_errno(int errno_value) {
  switch (errno_value) {
    case ENOENT:
    case ESRCH:
    case ENODEV:
      return ErrorKind::kGone;
    case EACCES:
    case EPERM:
      return ErrorKind::kDenied;
    case EMFILE:
    case ENFILE:
    case ENOMEM:
    case ENOSPC:
      return ErrorKind::kExhausted;
    default:
      return ErrorKind::kOther;
  }
}

Error Error::from_errno(int errno_value, std::string attempted) {
  return {kind_of_errno(errno_value), std::error_code(errno_value, std::generic_category()),
          std::move(attempted)};
}

Error Error::malformed(std::string attempted, std::string_view offending) {
  attempted += ": unexpected \"";
  attempted += text::printable(offending.substr(0, kExcerptBytes));
  attempted += offending.size() > kExcerptBytes ? "…\"" : "\"";
  return {ErrorKind::kMalformed, std::make_error_code(std::errc::bad_message),
          std::move(attempted)};
}

Error Error::other(std::string message) {
  return {ErrorKind::kOther, std::error_code(), std::move(message)};
}

Error Error::during(std::string_view step) const {
  Error wrapped = *this;
  wrapped.attempted_ = std::string(step) + ": " + attempted_;
  return wrapped;
}

std::string Error::message() const {
  std::string line = text::printable(attempted_);
  if (code_ && kind_ != ErrorKind::kMalformed) {
    line += ": ";
    line += code_.message();
  }
  return line;
}

}  // namespace kcommons
