#include "catalogue/catalogue.hpp"

namespace kcommons::catalogue {

namespace {

constexpr bool rows_stand_at_their_id() {
  for (std::size_t i = 0; i < kResources.size(); ++i) {
    if (static_cast<std::size_t>(kResources[i].id) != i) return false;
  }
  return true;
}
static_assert(rows_stand_at_their_id());

}  // namespace

std::string_view name_of(Scope scope) {
  return scope == Scope::kHost ? "host" : "user";
}

}  // namespace kcommons::catalogue
