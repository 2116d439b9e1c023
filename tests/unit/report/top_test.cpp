#include "report/top.hpp"

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "report/top_words.hpp"
#include "top_sample.hpp"

namespace report = kcommons::report;
using namespace kcommons::report::test;
using Catch::Contains;
using kcommons::attribution::By;
using kcommons::catalogue::ResourceId;
using kcommons::census::Census;
using report::Top;
using report::TopOrder;
using report::TopPool;
using report::TopRow;

namespace {

constexpr std::array kAllBy{By::kContainer, By::kUid, By::kUnit, By::kProcess, By::kPod};

// "who used", in order.
std::vector<std::string> lines(const Top& top) {
  std::vector<std::string> all;
  for (const TopRow& row : top.rows) {
    const auto& who = top.who.at(row.who);
    all.push_back((who.pid ? std::to_string(who.pid->value()) : who.name) + " " +
                  std::to_string(row.used));
  }
  return all;
}

std::int64_t unattributed(const TopPool& pool) {
  std::int64_t sum = 0;
  for (const auto& part : pool.unattributed) sum += part.amount;
  return sum;
}

void check_balance(const Top& top) {
  std::vector<std::uint64_t> shown(top.pools.size());
  std::vector<std::size_t> rows(top.pools.size());
  for (const TopRow& row : top.rows) {
    shown.at(row.pool) += row.used;
    ++rows.at(row.pool);
  }
  std::size_t cut = 0;
  for (std::size_t i = 0; i < top.pools.size(); ++i) {
    const TopPool& pool = top.pools[i];
    CAPTURE(kcommons::catalogue::resource(pool.resource).name, pool.uid);
    CHECK(pool.held == shown[i]);
    CHECK(pool.rows_shown == rows[i]);
    cut += pool.rows_cut;
    REQUIRE(pool.used);
    CHECK(static_cast<std::int64_t>(pool.held + pool.cut) + unattributed(pool) ==
          static_cast<std::int64_t>(*pool.used));
  }
  CHECK(cut == top.rows_cut);
}

}  // namespace

TEST_CASE("rows of a resource are by whom was asked for", "[report]") {
  const Census census = busy_host();
  const auto files = [&](By by) {
    return lines(top_of(census, {.resources = {ResourceId::kOpenFiles}, .by = by}));
  };
  using Lines = std::vector<std::string>;
  CHECK(files(By::kContainer) == Lines{"0123456789ab 520", "123456789abc 200", "23456789abcd 100",
                                       "kubelet.service 60", "sshd.service 40"});
  CHECK(files(By::kUid) == Lines{"uid 33 700", "uid 0 120", "uid 1000 100"});
  CHECK(files(By::kPod) ==
        Lines{"pod- 720", "23456789abcd 100", "kubelet.service 60", "sshd.service 40"});
  CHECK(files(By::kUnit).front() == "docker-0123456789abcdef.scope 520");
  CHECK(files(By::kProcess) ==
        Lines{"4000 500", "4001 200", "4002 100", "4003 60", "4004 40", "4005 20"});
}

TEST_CASE("books of top balance however it is grouped sorted and cut", "[report]") {
  const Census census = busy_host();
  const By by = GENERATE(from_range(kAllBy));
  const auto order = GENERATE(TopOrder::kUsed, TopOrder::kLimit, TopOrder::kShare, TopOrder::kName,
                              TopOrder::kPool);
  const std::size_t limit = GENERATE(0U, 1U, 3U, 1000U);
  Top top = top_of(census, {.by = by, .order = order});
  const std::size_t all = top.rows.size();
  report::limit_rows(top, limit);
  CHECK(top.rows.size() + top.rows_cut == all);
  if (limit != 0) CHECK(top.rows.size() <= limit);
  check_balance(top);
}

TEST_CASE("what the source cannot tell apart is unattributed", "[report]") {
  const Top top = top_of(busy_host(), {.resources = {ResourceId::kMemoryCgroups}});
  REQUIRE(top.pools.size() == 1);
  CHECK(top.rows.empty());
  REQUIRE(top.pools[0].unattributed.size() == 1);
  CHECK(top.pools[0].unattributed[0].cause == report::kHoldersNotTold);
  CHECK(top.pools[0].unattributed[0].amount == 40);
}

TEST_CASE("a row says what part of limit and use it is", "[report]") {
  const Top top = top_of(busy_host(), {.resources = {ResourceId::kInotifyWatches}});
  REQUIRE(lines(top) == std::vector<std::string>{"kubelet.service 120", "0123456789ab 30"});
  CHECK(top.rows[0].limit_ratio == Approx(120.0 / 125));
  CHECK(top.rows[0].share == Approx(120.0 / 121));
  CHECK(top.rows[1].share == Approx(1));
  const Top files = top_of(busy_host(), {.resources = {ResourceId::kOpenFiles}});
  CHECK_FALSE(files.rows[0].limit_ratio);
  CHECK(files.rows[0].runtime_used == 20);
}

TEST_CASE("rows are sorted as asked", "[report]") {
  const auto first = [](TopOrder order) {
    return lines(top_of(busy_host(), {.by = By::kUid, .order = order})).front();
  };
  CHECK(first(TopOrder::kUsed) == "uid 33 700");
  CHECK(first(TopOrder::kLimit) == "uid 0 120");  // of 125 watches
  CHECK(first(TopOrder::kShare) == "uid 33 30");
  CHECK(first(TopOrder::kName) == "uid 0 120");
  CHECK(first(TopOrder::kPool) == "uid 33 700");
}

TEST_CASE("what was asked for and is not used is named", "[report]") {
  const Top top = top_of(busy_host(), {.resources = {ResourceId::kFanotifyMarks}});
  CHECK(top.unused == std::vector<ResourceId>{ResourceId::kFanotifyMarks});
  CHECK(top.complete);
  Census by_procfs = busy_host();
  by_procfs.exact = false;
  const Top estimate = top_of(by_procfs, {.resources = {ResourceId::kFanotifyMarks}});
  CHECK(estimate.unused.empty());
  CHECK_FALSE(estimate.complete);
  CHECK_THAT(estimate.warnings.back(), Contains("fanotify_marks cannot be read by "));
}

TEST_CASE("what could not be seen makes it incomplete", "[report]") {
  Census census = busy_host();
  CHECK(top_of(census, {}).complete);
  CHECK(top_of(census, {}).warnings.empty());
  using kcommons::census::Unseen;
  census.unseen[static_cast<std::size_t>(Unseen::kVanished)] = 5;
  CHECK(top_of(census, {}).complete);
  census.unseen[static_cast<std::size_t>(Unseen::kUserNsDenied)] = 3;
  const Top top = top_of(census, {});
  CHECK_FALSE(top.complete);
  REQUIRE(top.warnings.size() == 1);
  CHECK_THAT(top.warnings[0], Contains("user namespace is not known") && Contains(": 3"));
}

TEST_CASE("the summary balances in every column", "[report]") {
  const By by = GENERATE(from_range(kAllBy));
  const std::size_t limit = GENERATE(0U, 1U, 2U);
  Top top = top_of(busy_host(), {.by = by});
  const auto summary = report::summarize(top, std::nullopt, false, limit);
  REQUIRE(summary.columns.size() >= 5);
  CHECK(summary.columns[0].resource == ResourceId::kOpenFiles);
  CHECK(summary.columns[1].resource == ResourceId::kInotifyInstances);
  for (std::size_t i = 0; i < summary.columns.size(); ++i) {
    const auto& column = summary.columns[i];
    CAPTURE(kcommons::catalogue::resource(column.resource).name);
    auto sum = static_cast<std::int64_t>(column.cut) + column.unattributed;
    for (const auto& row : summary.rows) sum += static_cast<std::int64_t>(row.used.at(i));
    REQUIRE(column.used);
    CHECK(sum == static_cast<std::int64_t>(*column.used));
  }
  CHECK(static_cast<std::size_t>(std::ranges::count(top.who, true, &report::TopWho::shown)) ==
        summary.rows.size());
}

TEST_CASE("the summary is sorted by the column that is asked for", "[report]") {
  const auto first = [](std::optional<ResourceId> column, bool by_name) {
    Top top = top_of(busy_host(), {});
    const auto summary = report::summarize(top, column, by_name, 1);
    return top.who.at(summary.rows.at(0).who).name;
  };
  CHECK(first(std::nullopt, false) == "0123456789ab");
  CHECK(first(ResourceId::kInotifyWatches, false) == "kubelet.service");
  CHECK(first(std::nullopt, true) == "0123456789ab");
}

TEST_CASE("words of top are read and written alike", "[report]") {
  for (const By by : kAllBy) CHECK(report::parse_by(report::name_of(by)) == by);
  CHECK_FALSE(report::parse_by("user"));
  CHECK_FALSE(report::parse_order(""));
  CHECK(report::by_names() == "container, uid, unit, process, pod");
  CHECK(report::order_names() == "used, limit, share, name, pool");
}
