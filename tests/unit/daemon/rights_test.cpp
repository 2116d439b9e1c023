#include "daemon/rights.hpp"

#include <catch2/catch.hpp>

using namespace kcommons::daemon;

namespace {

constexpr Rights kAll{
    .bpf = true, .perfmon = true, .sys_admin = true, .sys_ptrace = true, .dac_read_search = true};

std::vector<std::string> names_of(const std::vector<MissingRight>& missing) {
  std::vector<std::string> names;
  names.reserve(missing.size());
  for (const MissingRight& right : missing) names.push_back(right.capabilities);
  return names;
}

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("who has every right misses none", "[daemon]") {
  const auto source = GENERATE("bpf", "procfs");
  CHECK(missing_rights({.source = source, .wanted_bpf = true}, kAll).empty());
}

TEST_CASE("by bpf only the names of containers take a further right", "[daemon]") {
  const Sight sight{.source = "bpf", .wanted_bpf = true, .counts_by_size = true};
  CHECK(missing_rights(sight, {.bpf = true, .perfmon = true, .dac_read_search = true}).empty());
  const auto missing = missing_rights(sight, {.bpf = true, .perfmon = true});
  REQUIRE(names_of(missing) == Names{"CAP_DAC_READ_SEARCH"});
  CHECK(missing[0].unseen.find("names") != std::string::npos);
  CHECK(missing[0].unseen.find("descriptors") == std::string::npos);
}

TEST_CASE("by procfs each of its two rights is missed for itself", "[daemon]") {
  const Sight sight{.source = "procfs", .wanted_bpf = false, .counts_by_size = true};
  CHECK(names_of(missing_rights(sight, {})) == Names{"CAP_SYS_PTRACE", "CAP_DAC_READ_SEARCH"});
  CHECK(names_of(missing_rights(sight, {.sys_ptrace = true})) == Names{"CAP_DAC_READ_SEARCH"});
  CHECK(names_of(missing_rights(sight, {.dac_read_search = true})) == Names{"CAP_SYS_PTRACE"});
}

TEST_CASE("procfs misses the rights of bpf where auto would have taken it", "[daemon]") {
  const Sight sight{.source = "procfs", .wanted_bpf = true, .counts_by_size = true};
  const auto first = [&](Rights rights) {
    rights.sys_ptrace = rights.dac_read_search = true;
    const auto missing = missing_rights(sight, rights);
    return missing.empty() ? "" : missing[0].capabilities;
  };
  CHECK(first({}) == "CAP_BPF,CAP_PERFMON");
  CHECK(first({.bpf = true}) == "CAP_PERFMON");
  CHECK(first({.perfmon = true}) == "CAP_BPF");
  // It is not a right that keeps it from bpf.
  CHECK(first({.bpf = true, .perfmon = true}).empty());
  CHECK(first({.sys_admin = true}).empty());
}

TEST_CASE("before Linux 6.2 descriptors are not even counted without a right", "[daemon]") {
  const auto unseen = [](bool counts_by_size) {
    const Sight sight{.source = "procfs", .counts_by_size = counts_by_size};
    return missing_rights(sight, {.sys_ptrace = true}).at(0).unseen;
  };
  CHECK(unseen(false).find("number of descriptors") != std::string::npos);
  CHECK(unseen(true).find("number of descriptors") == std::string::npos);
}
