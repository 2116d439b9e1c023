#include "terminal/rows.hpp"

#include <fmt/format.h>
#include <sys/sysmacros.h>

#include <utility>

#include "attribution/snapshot.hpp"
#include "base/text.hpp"
#include "report/pool_rows.hpp"
#include "report/top_table.hpp"
#include "terminal/cells.hpp"

namespace kcommons::terminal {

namespace {

using attribution::By;
using report::TopWho;

Cell number(std::uint64_t value) {
  return {.text = fmt::format("{}", value), .value = static_cast<long double>(value)};
}

Cell number_or_unknown(const std::optional<std::uint64_t>& value) {
  return value ? number(*value) : Cell{.text = "unknown"};
}

Cell percent(const std::optional<double>& ratio) {
  Cell cell{.text = report::percent_text(ratio)};
  if (ratio) {
    cell.value = *ratio;
    cell.shade = report::shade_of(*ratio);
  }
  return cell;
}

// A share of what is used is no trouble, however large.
Cell share(const std::optional<double>& ratio) {
  Cell cell = percent(ratio);
  cell.shade = report::Shade::kPlain;
  return cell;
}

Cell text(std::string_view raw) {
  return {.text = raw.empty() ? "-" : text::printable(raw)};
}

Cell id(std::string_view digits) {
  Cell cell = text(digits);
  if (const auto value = text::parse_number<std::uint64_t>(digits)) {
    cell.value = static_cast<long double>(*value);
  }
  return cell;
}

// --- who --------------------------------------------------------------------------------------

// A holder's processes need not say whose they are.
bool tells_holder(const TopWho* holder) {
  return holder == nullptr ||
         (holder->kind != TopWho::Kind::kContainer && holder->kind != TopWho::Kind::kHost);
}

std::vector<Column> who_columns(By by, const TopWho* holder) {
  switch (by) {
    case By::kContainer:
      return {{"HOLDER"}};
    case By::kUid:
      return {{"UID", true}};
    case By::kUnit:
      return {{"UNIT"}};
    case By::kPod:
      return {{"POD"}};
    case By::kProcess:
      break;
  }
  if (!tells_holder(holder)) return {{"PID", true}, {"COMMAND"}, {"UID", true}};
  return {{"PID", true}, {"COMMAND"}, {"HOLDER"}, {"UID", true}};
}

std::vector<Cell> who_cells(const TopWho& who, By by, const TopWho* holder) {
  if (by == By::kUid) return {id(who.uid)};
  if (by != By::kProcess) return {text(who.name)};
  std::vector<Cell> cells{number(static_cast<std::uint64_t>(who.pid.value_or(Pid{}).value())),
                          text(who.command.value_or(""))};
  if (tells_holder(holder)) cells.push_back(text(who.name));
  cells.push_back(id(who.uid));
  return cells;
}

std::string key_of(const TopWho& who) {
  if (who.pid) return fmt::format("pid {}", who.pid->value());
  return fmt::format("{} {} {} {} {}", static_cast<int>(who.kind), who.name, who.container_id,
                     who.unit, who.uid);
}

void add_amounts(std::vector<Column>& columns, std::initializer_list<const char*> headings) {
  for (const char* const heading : headings) columns.push_back({heading, true, true});
}

}  // namespace

std::string_view usual_order(Level level) {
  switch (level) {
    case Level::kPools:
      return "USE%";
    case Level::kInstances:
      return "WATCHES";
    case Level::kWatches:
      return "WD";
    default:
      return "";
  }
}

constexpr std::size_t kIdDigits = 64;

bool belongs_to(const TopWho& process, const TopWho& holder, std::string_view charged_uid) {
  const auto is_in_container = [&](const TopWho& who) {
    return !process.container_id.empty() && process.container_id == who.container_id;
  };
  switch (holder.kind) {
    case TopWho::Kind::kUser:
      return (charged_uid.empty() ? std::string_view(process.uid) : charged_uid) == holder.uid;
    case TopWho::Kind::kUnit:
      if (process.container_id.empty()) return process.unit == holder.unit;
      // docker-ID.scope and its like. A name, which others choose, may be part of any unit's.
      return process.container_id.size() >= kIdDigits &&
             holder.unit.find(process.container_id) != std::string::npos;
    case TopWho::Kind::kPod:
      return process.pod == holder.pod && process.pod_namespace == holder.pod_namespace;
    case TopWho::Kind::kContainer:
      return is_in_container(holder);
    case TopWho::Kind::kHost:
      return process.container_id.empty() && process.name == holder.name;
    case TopWho::Kind::kProcess:
      return process.pid == holder.pid;
  }
  return false;
}

void add_summary(const Seen& seen, const TopWho* holder, Scene& scene) {
  const report::Top& top = seen.view.top;
  scene.is_known = true;
  scene.columns = who_columns(top.by, holder);
  scene.names = scene.columns.size();
  for (const report::TopSummary::Column& column : seen.summary.columns) {
    scene.columns.push_back(
        {report::column_heading(column.resource, report::Detail::kTable), true, true});
  }
  for (const report::TopSummary::Row& row : seen.summary.rows) {
    const TopWho& who = top.who[row.who];
    if (holder != nullptr && !belongs_to(who, *holder, "")) continue;
    Item item{.key = key_of(who), .cells = who_cells(who, top.by, holder), .source = row.who};
    for (const std::uint64_t used : row.used) item.cells.push_back(number(used));
    scene.items.push_back(std::move(item));
  }
}

void add_pools(const Seen& seen, Scene& scene) {
  const report::Audit& audit = seen.view.audit;
  scene.is_known = true;
  scene.columns = {{"POOL"},
                   {"USED", true, true},
                   {"LIMIT", true, true},
                   {"USE%", true, true},
                   {"NEIGHBOURS", true, true},
                   {"TOP HOLDER"}};
  scene.names = 1;
  for (std::size_t i = 0; i < audit.pools.size(); ++i) {
    const report::AuditPool& pool = audit.pools[i];
    const std::string name = pool_text(name_of(pool));
    Cell limit{.text = report::limit_text(pool.row)};
    if (pool.row.limit && pool.row.limit->value) limit = number(*pool.row.limit->value);
    scene.items.push_back(
        {.key = "pool " + name,
         .cells = {{.text = name},
                   number_or_unknown(pool.row.used),
                   limit,
                   percent(pool.row.ratio),
                   number(pool.row.container_neighbours + pool.row.host_neighbours),
                   {.text = pool.row.top ? text::printable(pool.row.top->name) : "-"}},
         .source = i});
  }
}

void add_holders(const Seen& seen, const PoolName& name, const TopWho* holder, Scene& scene) {
  const report::Top& top = seen.view.top;
  scene.is_known = true;
  scene.columns = who_columns(top.by, holder);
  scene.names = scene.columns.size();
  add_amounts(scene.columns, {"USED", "LIMIT%", "SHARE%", "BY RUNTIME"});
  const report::TopPool* const pool = find_top_pool(seen, name);
  scene.is_gone = pool == nullptr;
  for (const report::TopRow& row : top.rows) {
    if (pool == nullptr || &top.pools[row.pool] != pool) continue;
    const TopWho& who = top.who[row.who];
    if (holder != nullptr && !belongs_to(who, *holder, pool->uid)) continue;
    Item item{.key = key_of(who), .cells = who_cells(who, top.by, holder), .source = row.who};
    item.cells.push_back(number(row.used));
    item.cells.push_back(percent(row.limit_ratio));
    item.cells.push_back(share(row.share));
    item.cells.push_back(number(row.runtime_used));
    scene.items.push_back(std::move(item));
  }
}

void add_instances(const report::Instances& instances, Scene& scene) {
  scene.is_known = true;
  scene.columns = {{"FD", true}, {"WATCHES", true, true}};
  scene.names = 1;
  for (std::size_t i = 0; i < instances.instances.size(); ++i) {
    const report::InotifyInstance& one = instances.instances[i];
    // A daemon does not tell it.
    const Cell fd = one.fd < 0 ? Cell{.text = "-"} : number(static_cast<std::uint64_t>(one.fd));
    scene.items.push_back(
        {.key = one.fd < 0 ? fmt::format("instance {}", i) : fmt::format("fd {}", one.fd),
         .cells = {fd, number(one.watches)},
         .source = i});
  }
}

void add_watches(const report::Watches& watches, Scene& scene) {
  scene.is_known = true;
  scene.columns = {{"WD", true}, {"DEVICE"}, {"INODE", true}, {"PATH"}};
  scene.names = scene.columns.size();
  for (std::size_t i = 0; i < watches.watches.size(); ++i) {
    const report::Watch& watch = watches.watches[i];
    scene.items.push_back(
        {.key = fmt::format("wd {}", watch.wd),
         .cells = {number(static_cast<std::uint64_t>(std::max(watch.wd, 0))),
                   {.text = fmt::format("{}:{}", gnu_dev_major(watch.device),
                                        gnu_dev_minor(watch.device))},
                   number(watch.inode),
                   {.text = watch.path.empty() ? "(not found)" : text::printable(watch.path)}},
         .source = i});
  }
}

}  // namespace kcommons::terminal
