#include "page/links.hpp"

#include <fmt/format.h>

#include "attribution/holder_name.hpp"
#include "page/html.hpp"
#include "report/pool_rows.hpp"

namespace kcommons::page {

std::string encoded(std::string_view bytes) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  constexpr std::string_view kUnreserved =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~";
  std::string out;
  out.reserve(bytes.size());
  for (const char character : bytes) {
    if (kUnreserved.find(character) != std::string_view::npos) {
      out += character;
      continue;
    }
    const auto byte = static_cast<unsigned char>(character);
    out += '%';
    out += kHex[byte >> 4U];
    out += kHex[byte & 0x0FU];
  }
  return out;
}

attribution::PoolKey key_of(const attribution::Pool& pool) {
  return {.resource = pool.resource, .userns = pool.userns, .uid = pool.uid};
}

std::string pool_link(const attribution::PoolKey& pool) {
  std::string link =
      fmt::format("{}?resource={}", kPoolPath, catalogue::resource(pool.resource).name);
  if (!pool.userns.empty()) link += "&amp;userns=" + encoded(pool.userns);
  if (!pool.uid.empty()) link += "&amp;uid=" + encoded(pool.uid);
  return link;
}

std::string holder_link(const attribution::Holder& holder) {
  const bool container = attribution::is_container(holder);
  const std::string& id = container ? holder.container_id : holder.unit;
  if (attribution::is_other(holder)) return {};
  return fmt::format("{}?{}={}", kHolderPath, container ? "container_id" : "unit", encoded(id));
}

std::string holder_html(const attribution::Holder& holder) {
  const std::string name = name_html(attribution::holder_name(holder));
  const std::string link = holder_link(holder);
  return link.empty() ? name : fmt::format("<a href=\"{}\">{}</a>", link, name);
}

std::string scope_html(const attribution::PoolKey& pool) {
  return safe(report::scope_text(pool.resource, pool.userns, pool.uid));
}

}  // namespace kcommons::page
