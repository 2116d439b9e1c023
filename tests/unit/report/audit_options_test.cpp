#include "report/audit_options.hpp"

#include <catch2/catch.hpp>
#include <string>

using namespace kcommons::report;

namespace {

std::string mistake(const std::string& warn, const std::string& crit) {
  const auto options = parse_audit_options(warn, crit);
  return options ? "none" : options.error().message();
}

}  // namespace

TEST_CASE("thresholds are percents", "[report]") {
  const auto options = parse_audit_options("12.5", "100.1");
  REQUIRE(options);
  CHECK(options->warning == 0.125);
  CHECK(options->critical == Approx(1.001));
  CHECK(mistake("0", "0") == "none");
  CHECK(mistake("10000", "10000") == "none");
  const auto defaults = parse_audit_options(kDefaultWarn, kDefaultCrit);
  REQUIRE(defaults);
  CHECK(defaults->warning == AuditOptions{}.warning);
  CHECK(defaults->critical == AuditOptions{}.critical);
}

TEST_CASE("thresholds that are none are named", "[report]") {
  const std::string text = GENERATE(as<std::string>(), "", "x", "70%", "-1", "1e1", "nan", "inf",
                                    "0x10", " 70", "70 ", "10001", "7,5", "1e999");
  const std::string expected = "\", expected a number of percent from 0 to 10000";
  CHECK(mistake(text, "90") == "warn: \"" + text + expected);
  CHECK(mistake("70", text) == "crit: \"" + text + expected);
}

TEST_CASE("warning comes before critical", "[report]") {
  CHECK(mistake("91", "90") == "warn: \"91\", expected no more than crit, which is 90");
}
