#include "sample.hpp"

#include <utility>

namespace kcommons::terminal::test {

namespace {

using attribution::By;
using catalogue::Limit;
using catalogue::ResourceId;
using report::TopWho;

constexpr std::uint64_t kWatches = 1521;
constexpr std::uint64_t kFiles = 4000;

report::AuditPool audit_pool(ResourceId resource, std::string uid, std::uint64_t used,
                             std::uint64_t limit) {
  report::AuditPool pool;
  pool.row.resource = resource;
  pool.row.userns = uid.empty() ? "" : "initial";
  pool.row.uid = std::move(uid);
  pool.row.used = used;
  pool.row.limit = Limit{limit};
  pool.row.ratio = static_cast<double>(used) / static_cast<double>(limit);
  pool.row.container_neighbours = 2;
  pool.row.host_neighbours = 1;
  pool.neighbours = {"shop/web", "db", "kubelet.service"};
  return pool;
}

report::Audit audit() {
  report::Audit audit;
  audit.taken_at = WallTime(std::chrono::seconds(1'790'000'000));
  audit.source = "bpf";
  audit.pools = {audit_pool(ResourceId::kInotifyWatches, "0", kWatches, kWatches),
                 audit_pool(ResourceId::kOpenFiles, "", kFiles, 2'000'000)};
  report::Advice advice;
  advice.text = "raise the limit for all";
  advice.command = "sysctl -w fs.inotify.max_user_watches=4096";
  audit.findings = {
      {.pool = 0, .severity = report::Severity::kCritical, .advice = {std::move(advice)}}};
  return audit;
}

TopWho container(const std::string& name, const std::string& id) {
  return {.kind = TopWho::Kind::kContainer, .name = name, .container_id = id};
}

TopWho process(TopWho holder, int pid, const std::string& command) {
  holder.kind = TopWho::Kind::kProcess;
  holder.pid = Pid(pid);
  holder.uid = "0";
  holder.command = command;
  return holder;
}

report::Top top_by(By by, const std::string& name) {
  const TopWho web = container("shop/web", std::string(64, 'a'));
  const TopWho other = container(name, std::string(64, 'b'));
  TopWho unit{.kind = TopWho::Kind::kHost, .name = "kubelet.service"};
  unit.unit = "kubelet.service";
  report::Top top;
  top.by = by;
  top.source = "bpf";
  top.exact = true;
  top.pools = {{.resource = ResourceId::kInotifyWatches,
                .userns = "initial",
                .uid = "0",
                .used = kWatches,
                .limit = Limit{kWatches}},
               {.resource = ResourceId::kOpenFiles, .used = kFiles, .limit = Limit{2'000'000}}};
  if (by == By::kProcess) {
    top.who = {process(web, 11, name), process(web, 12, "worker"), process(unit, 20, "kubelet")};
    top.rows = {{.who = 0, .pool = 0, .used = 1000}, {.who = 1, .pool = 0, .used = 500},
                {.who = 2, .pool = 0, .used = 21},   {.who = 2, .pool = 1, .used = 3500},
                {.who = 0, .pool = 1, .used = 200},  {.who = 1, .pool = 1, .used = 300}};
    return top;
  }
  top.who = {web, other, unit};
  top.rows = {{.who = 0, .pool = 0, .used = 1500, .limit_ratio = 0.986, .share = 0.986},
              {.who = 2, .pool = 0, .used = 21, .limit_ratio = 0.014, .share = 0.014},
              {.who = 2, .pool = 1, .used = 3400},
              {.who = 0, .pool = 1, .used = 500},
              {.who = 1, .pool = 1, .used = 100}};
  return top;
}

}  // namespace

std::shared_ptr<const Seen> seen_by(By by, const std::string& name) {
  auto seen = std::make_shared<Seen>();
  seen->view = {.audit = audit(), .top = top_by(by, name), .source = "bpf"};
  seen->summary = report::summarize(seen->view.top, std::nullopt, false, 0);
  return seen;
}

Data data_with(const std::string& name) {
  Data data;
  data.now = SteadyTime(std::chrono::hours(1));
  for (const By by : {By::kContainer, By::kUid, By::kUnit, By::kProcess, By::kPod}) {
    data.seen[static_cast<std::size_t>(by)] = seen_by(by, name);
    data.seen_at[static_cast<std::size_t>(by)] = data.now;
  }
  return data;
}

Key key(char32_t character) {
  return {Key::Code::kCharacter, character};
}

Key key(Key::Code code) {
  return {code};
}

void type(State& state, const Data& data, std::string_view characters) {
  for (const char character : characters) {
    handle(state, data, key(static_cast<char32_t>(static_cast<unsigned char>(character))));
  }
}

}  // namespace kcommons::terminal::test
