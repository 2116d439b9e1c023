#include "subtraction/limit_names.hpp"

#include <catch2/catch.hpp>
#include <string>

#include "catalogue/catalogue.hpp"

namespace subtraction = kcommons::subtraction;
namespace catalogue = kcommons::catalogue;

TEST_CASE("names of limits are told from other names", "[subtraction]") {
  using Row = std::pair<std::string, bool>;
  const auto [name, is_limit] = GENERATE(values<Row>({
      {"fs.file-max", true},
      {"fs.nr_open", true},
      {"fs.pipe-user-pages-soft", true},
      {"fs.pipe-user-pages-hard", true},
      {"net.ipv4.tcp_mem", true},
      {"net.core.netdev_max_backlog", true},
      {"net.ipv4.neigh.default.gc_thresh3", true},
      {"kernel.threads-max", true},
      {"kernel.shmmni", true},
      {"kernel.sem", true},
      {"kernel.perf_event_mlock_kb", true},
      {"file-max", true},
      {"fs.file-nr", false},
      {"fs.aio-nr", false},
      {"kernel.soft_watchdog", false},
      {"fs.protected_hardlinks", false},
      {"kernel.sem_next_id", false},
      {"kernel.sched_deadline_period_max_us", false},
      {"net.ipv6.conf.default.router_solicitation_max_interval", false},
      {"net.netfilter.nf_conntrack_tcp_timeout_max_retrans", false},
      {"net.max.folder", false},
      {"soft", false},
      {"", false},
      {".", false},
  }));
  CAPTURE(name);
  CHECK(subtraction::names_a_limit(name) == is_limit);
}

TEST_CASE("every sysctl of the catalogue is named like a limit", "[subtraction]") {
  for (const catalogue::Resource& row : catalogue::kResources) {
    CAPTURE(row.name);
    CHECK((row.sysctl.empty() || subtraction::names_a_limit(row.sysctl)));
  }
}

TEST_CASE("reasons are for limits that have no row only", "[subtraction]") {
  CHECK(subtraction::why_no_row("fs.nr_open") == "bounds each process by itself");
  CHECK(subtraction::why_no_row("net.core.bpf_jit_limit").empty());
  CHECK(subtraction::why_no_row("").empty());
  for (const catalogue::Resource& row : catalogue::kResources) {
    if (row.scope == catalogue::Scope::kObject) continue;
    CAPTURE(row.name);
    CHECK((row.sysctl.empty() || row.sysctl == "kernel.keys.maxbytes" ||
           subtraction::why_no_row(row.sysctl).empty()));
  }
}

TEST_CASE("connection tracking is never changed from inside", "[subtraction]") {
  CHECK(subtraction::may_be_changed("user.max_user_namespaces"));
  CHECK(subtraction::may_be_changed("net.core.somaxconn"));
  CHECK_FALSE(subtraction::may_be_changed("net.netfilter.nf_conntrack_max"));
  CHECK_FALSE(subtraction::may_be_changed("net.nf_conntrack_max"));
}
