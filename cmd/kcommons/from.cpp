#include "from.hpp"

#include <fmt/core.h>

#include <cstdlib>
#include <optional>

namespace kcommons::cmd {

Result<http::Url> url_of_from(std::string_view from) {
  const char* const value = std::getenv(std::string(kPasswordVariable).c_str());
  std::optional<std::string> password;
  if (value != nullptr && *value != '\0') password = value;
  auto url = http::parse_url(from, password);
  if (url) return url;
  const bool may_help = !password && from.find('@') != std::string_view::npos;
  const std::string hint =
      may_help ? fmt::format(" (or the password in the variable {})", kPasswordVariable) : "";
  return fail(Error::other(url.error().during("--from").message() + hint));
}

std::string against_from(const Given& given) {
  if (given.empty()) return {};
  return fmt::format(
      "--from with --{}, expected one of them: a daemon reads its own host, as it is configured",
      given.begin()->first);
}

}  // namespace kcommons::cmd
