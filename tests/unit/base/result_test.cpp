#include "base/result.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cerrno>
#include <string>

#include "base/unique_fd.hpp"

using namespace kcommons;

TEST_CASE("an error says what was tried and why it failed", "[base]") {
  const Error error = Error::from_errno(ENOENT, "open /proc/7/stat");
  CHECK(error.kind() == ErrorKind::kGone);
  CHECK(error.message() == "open /proc/7/stat: No such file or directory");
  CHECK(error.during("census").message() == "census: open /proc/7/stat: No such file or directory");
}

TEST_CASE("errno values map to the kinds that policy is made of", "[base]") {
  CHECK(kind_of_errno(ESRCH) == ErrorKind::kGone);
  CHECK(kind_of_errno(EACCES) == ErrorKind::kDenied);
  CHECK(kind_of_errno(EPERM) == ErrorKind::kDenied);
  CHECK(kind_of_errno(EMFILE) == ErrorKind::kExhausted);
  CHECK(kind_of_errno(ENFILE) == ErrorKind::kExhausted);
  CHECK(kind_of_errno(EIO) == ErrorKind::kOther);
}

TEST_CASE("a malformed input is quoted in one short printable line", "[base]") {
  const std::string hostile = "evil\n\x1b[31m" + std::string(500, 'x');
  const Error error = Error::malformed("parse /proc/7/stat", hostile);
  CHECK(error.kind() == ErrorKind::kMalformed);
  CHECK(error.message().find('\n') == std::string::npos);
  CHECK(error.message().find('\x1b') == std::string::npos);
  CHECK(error.message().size() < 200);
}

TEST_CASE("a result holds a value or an error", "[base]") {
  const Result<int> good = 4;
  CHECK(good);
  CHECK(*good == 4);
  const Result<int> bad = fail(Error::other("no luck"));
  CHECK_FALSE(bad);
  CHECK(bad.error().message() == "no luck");
  CHECK(bad.value_or(9) == 9);
  const Result<void> done;
  CHECK(done);
}

TEST_CASE("a moved-to descriptor owner closes what it held", "[base]") {
  UniqueFd first(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  UniqueFd second(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  const int held = second.get();
  second = std::move(first);
  CHECK(::fcntl(held, F_GETFD) == -1);
  CHECK(second.is_open());
}
