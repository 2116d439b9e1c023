// Numbers of the kernel that must not be mixed up: distinct types, ordered, hashable, printable
// through value(). Plain values.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>

namespace kcommons {

template <typename Tag, typename Rep>
class Id final {
 public:
  using rep = Rep;
  constexpr Id() = default;
  constexpr explicit Id(Rep value) : value_(value) {}
  [[nodiscard]] constexpr Rep value() const { return value_; }
  constexpr auto operator<=>(const Id&) const = default;

 private:
  Rep value_{};
};

// A process or thread as the PID namespace of the procfs that is read numbers it.
using Pid = Id<struct PidTag, std::int32_t>;
// A user as the reader's user namespace numbers it. 4294967295 is no user (credentials(7)).
using Uid = Id<struct UidTag, std::uint32_t>;
// The inode of a user namespace, as in the link text "user:[4026531837]".
using UserNsInode = Id<struct UserNsTag, std::uint64_t>;

// The inode of a network namespace, as in the link text "net:[4026531840]". 0 is none.
using NetNsInode = Id<struct NetNsTag, std::uint64_t>;

// PROC_USER_INIT_INO of include/linux/proc_ns.h: the initial user namespace, on every machine.
inline constexpr UserNsInode kInitialUserNs{0xEFFFFFFD};

}  // namespace kcommons

template <typename Tag, typename Rep>
struct std::hash<kcommons::Id<Tag, Rep>> {
  std::size_t operator()(const kcommons::Id<Tag, Rep>& id) const noexcept {
    return std::hash<Rep>{}(id.value());
  }
};
