#include "page/use_rows.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <initializer_list>
#include <limits>
#include <map>
#include <string_view>
#include <utility>

#include "attribution/holder_name.hpp"
#include "base/text.hpp"
#include "page/links.hpp"

namespace kcommons::page {

namespace {

using attribution::Holder;
using attribution::Pool;
using attribution::Snapshot;
using catalogue::ResourceId;

constexpr std::string_view kInitial = "initial";

struct Numbered {
  ResourceId resource;
  std::uint64_t UseRow::*member;
};
constexpr std::array kNumbered{Numbered{ResourceId::kOpenFiles, &UseRow::open_files},
                               Numbered{ResourceId::kInotifyInstances, &UseRow::inotify_instances},
                               Numbered{ResourceId::kInotifyWatches, &UseRow::inotify_watches},
                               Numbered{ResourceId::kThreads, &UseRow::threads}};

// ASCII alone: names of containers and units are that, and other bytes are compared as they are.
std::string lowered(std::string_view text) {
  std::string out(text);
  for (char& character : out) {
    if (character >= 'A' && character <= 'Z') character = static_cast<char>(character + 32);
  }
  return out;
}

// Whether one of them has `wanted` in it, which is in lower case.
bool matches(std::string_view wanted, std::initializer_list<std::string_view> texts) {
  if (wanted.empty()) return true;
  return std::ranges::any_of(texts, [wanted](std::string_view text) {
    return lowered(text).find(wanted) != std::string::npos;
  });
}

std::string detail_of(const Holder& holder) {
  if (!attribution::is_container(holder)) return {};
  std::string detail = holder.runtime;
  const std::string& second = holder.image.empty() ? holder.cgroup : holder.image;
  if (!second.empty()) detail += (detail.empty() ? "" : ", ") + second;
  return text::printable(detail);
}

void take(UseRow& row, ResourceId resource, std::uint64_t used) {
  for (const Numbered& each : kNumbered) {
    if (each.resource == resource) row.*each.member += used;
  }
}

void take_share(UseRow& row, const Pool& pool, std::size_t index, std::uint64_t used) {
  const auto share = attribution::fullness(used, pool.limit);
  if (!share || (row.share && *row.share >= *share)) return;
  row.share = share;
  row.share_pool = index;
}

// Sums over the initial namespace alone: every charge ends there.
bool counts(const Pool& pool) {
  return pool.userns.empty() || pool.userns == kInitial;
}

UseRow row_of(const Holder& holder) {
  UseRow row;
  row.name = attribution::holder_name(holder);
  row.detail = detail_of(holder);
  row.link = holder_link(holder);
  row.descriptors = holder.workload.descriptors + holder.runtime_part.descriptors;
  row.processes = holder.workload.processes + holder.runtime_part.processes;
  return row;
}

UseRows holder_rows(const Snapshot& snapshot, Holder::Kind kind, std::string_view wanted) {
  UseRows out;
  constexpr std::size_t kNone = std::numeric_limits<std::size_t>::max();
  std::vector<std::size_t> row_at(snapshot.holders.size(), kNone);
  for (std::uint32_t i = 0; i < snapshot.holders.size(); ++i) {
    const Holder& holder = snapshot.holders[i];
    if (holder.kind != kind) continue;
    ++out.all;
    UseRow row = row_of(holder);
    if (!matches(wanted, {row.name, row.detail, holder.container_id})) continue;
    row_at[i] = out.rows.size();
    out.rows.push_back(std::move(row));
  }
  for (std::size_t i = 0; i < snapshot.pools.size(); ++i) {
    const Pool& pool = snapshot.pools[i];
    // What a shim holds on a container's behalf is a holding of its own.
    std::map<std::uint32_t, std::uint64_t> held;
    for (const attribution::Holding& holding : pool.holdings) {
      if (row_at[holding.holder] != kNone) held[holding.holder] += holding.used;
    }
    for (const auto& [holder, used] : held) {
      UseRow& row = out.rows[row_at[holder]];
      if (counts(pool)) take(row, pool.resource, used);
      take_share(row, pool, i, used);
    }
  }
  return out;
}

std::string user_name(std::string_view uid, std::string_view user) {
  if (uid == attribution::kOther) return "other users";
  if (user.empty()) return "uid " + text::printable(uid);
  return text::printable(user);
}

UseRows user_rows(const Snapshot& snapshot, std::string_view wanted) {
  std::map<std::string, UseRow, std::less<>> by_uid;
  std::map<std::string, std::string, std::less<>> names;
  for (const attribution::UserUse& use : snapshot.users) {
    if (!use.user.empty()) names[use.uid] = use.user;
    take(by_uid[use.uid], use.resource, use.used);
  }
  for (std::size_t i = 0; i < snapshot.pools.size(); ++i) {
    const Pool& pool = snapshot.pools[i];
    if (pool.uid.empty() || !counts(pool) || !pool.used_at_census) continue;
    UseRow& row = by_uid[pool.uid];
    take(row, pool.resource, *pool.used_at_census);
    take_share(row, pool, i, *pool.used_at_census);
  }
  // What a user has of the host's pools is part of a limit too.
  std::map<ResourceId, std::size_t> of_host;
  for (std::size_t i = 0; i < snapshot.pools.size(); ++i) {
    if (snapshot.pools[i].uid.empty()) of_host.emplace(snapshot.pools[i].resource, i);
  }
  for (const attribution::UserUse& use : snapshot.users) {
    const auto at = of_host.find(use.resource);
    if (at == of_host.end()) continue;
    take_share(by_uid[use.uid], snapshot.pools[at->second], at->second, use.used);
  }
  UseRows out;
  for (auto& [uid, row] : by_uid) {
    ++out.all;
    const auto known = names.find(uid);
    row.name = user_name(uid, known == names.end() ? std::string_view{} : known->second);
    if (known != names.end()) row.detail = "uid " + text::printable(uid);
    if (matches(wanted, {row.name, row.detail})) out.rows.push_back(std::move(row));
  }
  return out;
}

bool is_less(const UseRow& one, const UseRow& other, Column column) {
  if (column == Column::kName) return one.name < other.name;
  if (column == Column::kShare) return one.share < other.share;
  return number_in(one, column) < number_in(other, column);
}

}  // namespace

std::uint64_t number_in(const UseRow& row, Column column) {
  switch (column) {
    case Column::kOpenFiles:
      return row.open_files;
    case Column::kInotifyInstances:
      return row.inotify_instances;
    case Column::kInotifyWatches:
      return row.inotify_watches;
    case Column::kDescriptors:
      return row.descriptors;
    case Column::kProcesses:
      return row.processes;
    case Column::kThreads:
      return row.threads;
    case Column::kName:
    case Column::kShare:
      break;
  }
  return 0;
}

UseRows use_rows(const Snapshot& snapshot, const View& view) {
  // As names are shown, so that what is copied from the page is found.
  const std::string wanted = lowered(text::printable(view.filter));
  UseRows out;
  if (view.by == By::kUser) {
    out = user_rows(snapshot, wanted);
  } else {
    const auto kind = view.by == By::kContainer ? Holder::Kind::kContainer : Holder::Kind::kHost;
    out = holder_rows(snapshot, kind, wanted);
  }
  // Equal ones by name, so that they stand still from census to census.
  std::ranges::sort(out.rows, [&view](const UseRow& left, const UseRow& right) {
    if (is_less(left, right, view.sort)) return view.ascending;
    if (is_less(right, left, view.sort)) return !view.ascending;
    return left.name < right.name;
  });
  return out;
}

}  // namespace kcommons::page
