// Text of a cgroup file → placement, resolved once however many processes stand there, and its
// place in the census. What was resolved is kept from one census to the next and forgotten after
// one in which nobody was there.
//
// Belongs to one census source and thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "census/census.hpp"
#include "cgroup/layouts.hpp"

namespace kcommons::census {

class Placements final {
 public:
  using Ptr = std::shared_ptr<const cgroup::Placement>;

  // `layouts` must outlive it.
  explicit Placements(const cgroup::Layouts& layouts) : layouts_(layouts) {}

  void begin(Census& census);
  void end();

  // Between two censuses: what was resolved is forgotten.
  void layouts_changed() { by_text_.clear(); }

  // As in /proc/PID/cgroup.
  Ptr resolve(std::string_view cgroup_text);
  // In Census::placements, where it is added when it is new.
  std::uint32_t index_of(const Ptr& placement);

 private:
  const cgroup::Layouts& layouts_;
  Census* census_ = nullptr;
  std::unordered_map<std::string, Ptr> by_text_;       // this census
  std::unordered_map<std::string, Ptr> last_by_text_;  // the one before
  std::unordered_map<const cgroup::Placement*, std::uint32_t> index_;
};

}  // namespace kcommons::census
