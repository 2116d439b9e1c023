// Users of the host, out of its passwd file and nothing else: asking NSS would load libraries and
// may ask the network (passwd(5)). Pure, thread-safe.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/ids.hpp"

namespace kcommons::identity {

struct User {
  std::string name;
  std::string home;  // raw

  bool operator==(const User&) const = default;
};

// The first entry of each UID. Lines that are none, and entries of NIS ("+", "-"), are passed over.
std::map<Uid, User> parse_passwd(std::string_view text);

}  // namespace kcommons::identity
