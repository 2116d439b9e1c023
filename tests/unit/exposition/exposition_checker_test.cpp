#include "exposition_checker.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <string>
#include <vector>

using kcommons::testing::check_exposition;
using kcommons::testing::parse_exposition;
using namespace std::string_literals;

namespace {

const std::string kHead = "# HELP f F.\n# TYPE f gauge\n";
const std::string kCounterHead = "# HELP f_total F.\n# TYPE f_total counter\n";
const std::string kOther = "# HELP g G.\n# TYPE g gauge\ng 1\n";

struct Fault {
  std::string text;
  std::string complaint;
};

}  // namespace

TEST_CASE("the checker has nothing to say about sound text", "[exposition]") {
  const std::string sound = GENERATE_COPY(
      ""s, kHead + "f 1\n", kHead + "f{a=\"x\",b=\"\"} 1\nf{a=\"\\\\\\\"\\n\",b=\"\"} 2\n",
      kHead + "f +Inf\n" + kOther, kHead + "f NaN\n", kHead + "f -1.5e+30\n",
      kCounterHead + "f_total{le_gal=\"ü\"} 0\n", "# HELP f a \\\\ \\n b\n# TYPE f gauge\nf 1\n"s,
      "# TYPE f gauge\n# HELP f F.\nf 1\n"s,
      "# HELP h H.\n# TYPE h histogram\nh_bucket{le=\"1\"} 1\nh_bucket{le=\"+Inf\"} 2\nh_sum 3\n"
      "h_count 2\n"s);
  CAPTURE(sound);
  CHECK(check_exposition(sound) == std::vector<std::string>{});
}

TEST_CASE("the checker finds each fault", "[exposition]") {
  const Fault fault = GENERATE_COPY(values<Fault>({
      {kHead + "f 1", "the last line does not end in a line feed"},
      {kHead + "f{a=\"x\"} 1\nf{a=\"x\"} 2\n", "line 4: duplicate series of f"},
      {kHead + "f 1\nf 1\n", "line 4: duplicate series of f"},
      {"# HELP f F.\n" + kHead + "f 1\n", "line 2: duplicate HELP"},
      {"# TYPE f gauge\n" + kHead + "f 1\n", "line 3: duplicate TYPE"},
      {kHead + "f 1\n" + kOther + "f{a=\"x\"} 1\n", "family f is interleaved with another"},
      {"f 1\n# HELP f F.\n", "line 1: sample before TYPE"},
      {"# HELP f F.\nf 1\n", "line 2: sample before TYPE"},
      {"# TYPE f gauge\nf 1\n", "line 2: missing HELP"},
      {"# HELP f F.\nf 1\n# TYPE f gauge\n", "line 3: TYPE after samples"},
      {"# TYPE f gauge\nf 1\n# HELP f F.\n", "line 3: HELP after samples"},
      {kHead, "family f ends without samples"},
      {kHead + kOther, "family f ends without samples"},
      {"# HELP f\n# TYPE f gauge\nf 1\n", "line 1: empty HELP"},
      {"# HELP f a \\x\n# TYPE f gauge\nf 1\n", "line 1: bad escape in HELP"},
      {"# HELP f a \\\n# TYPE f gauge\nf 1\n", "line 1: bad escape in HELP"},
      {"# HELP f \\\"\n# TYPE f gauge\nf 1\n", "line 1: bad escape in HELP"},
      {kHead + "f{a=\"\\t\"} 1\n", "line 3: bad escape in label value"},
      {kHead + "f{a=\"x} 1\n", "line 3: label value without closing quote"},
      {kHead + "f{a=\"x\ny\"} 1\n", "line 3: label value without closing quote"},
      {kHead + "f{a=\"\xff\"} 1\n", "line 3: invalid UTF-8"},
      {"# HELP f \xc0\xaf\n# TYPE f gauge\nf 1\n", "line 1: invalid UTF-8"},
      {kHead + "f{a=\"\0\"} 1\n"s, "line 3: NUL byte"},
      {"# HELP 1f F.\n", "line 1: bad metric name"},
      {kHead + "f 1\n1f 1\n", "line 4: bad metric name"},
      {kHead + "{a=\"b\"} 1\n", "line 3: bad metric name"},
      {kHead + "f{1a=\"b\"} 1\n", "line 3: bad label name"},
      {kHead + "f{a:b=\"b\"} 1\n", "line 3: bad label name"},
      {kHead + "f{__a=\"b\"} 1\n", "line 3: bad label name"},
      {kHead + "f{} 1\n", "line 3: bad label name"},
      {kHead + "f{a=\"b\",} 1\n", "line 3: bad label name"},
      {kHead + "f{a =\"b\"} 1\n", "line 3: bad syntax after label name"},
      {kHead + "f{a=b} 1\n", "line 3: bad syntax after label name"},
      {kHead + "f{a=\"b\" ,b=\"c\"} 1\n", "line 3: bad syntax after label value"},
      {kHead + "f{a=\"1\",a=\"2\"} 1\n", "line 3: duplicate label name a"},
      {kHead + "f{a=\"1\",b=\"2\"} 1\nf{b=\"1\",a=\"3\"} 1\n",
       "line 4: label names in another order than before"},
      {kHead + "f{a=\"1\",b=\"2\"} 1\nf{b=\"2\",a=\"1\"} 1\n", "line 4: duplicate series of f"},
      {kHead + "f{a=\"1\"} 1\nf{b=\"1\"} 1\n",
       "line 4: other label names than before in this family"},
      {kHead + "f Nan\n", "line 3: bad value"},
      {kHead + "f nan\n", "line 3: bad value"},
      {kHead + "f -NaN\n", "line 3: bad value"},
      {kHead + "f Inf\n", "line 3: bad value"},
      {kHead + "f +inf\n", "line 3: bad value"},
      {kHead + "f 0x10\n", "line 3: bad value"},
      {kHead + "f 1,5\n", "line 3: bad value"},
      {kHead + "f \n", "line 3: trailing space"},
      {kHead + "f\n", "line 3: no space before the value"},
      {kHead + "f  1\n", "line 3: bad value"},
      {kHead + "f 1 \n", "line 3: trailing space"},
      {kHead + "f 1\r\n", "line 3: trailing space"},
      {"# HELP f F. \n# TYPE f gauge\nf 1\n", "line 1: trailing space"},
      {kHead + "f 1 1700000000000\n", "line 3: time stamp or text after the value"},
      {kHead + "\nf 1\n", "line 3: blank line"},
      {"# EOF\n", "line 1: comment that is neither HELP nor TYPE"},
      {"# HELP f F.\n# TYPE f gouge\nf 1\n", "line 2: unknown type"},
      {"# HELP f F.\n# TYPE f counter\nf 1\n", "line 2: _total must end the names of counters"},
      {"# HELP f_total F.\n# TYPE f_total gauge\nf_total 1\n",
       "line 2: _total must end the names of counters"},
      {kCounterHead + "f_total -1\n", "line 3: counter below zero or NaN"},
      {kCounterHead + "f_total NaN\n", "line 3: counter below zero or NaN"},
  }));
  CAPTURE(fault.text, fault.complaint);
  const std::vector<std::string> violations = check_exposition(fault.text);
  CAPTURE(violations);
  const bool is_found =
      std::any_of(violations.begin(), violations.end(), [&](const std::string& violation) {
        return violation.find(fault.complaint) != std::string::npos;
      });
  CHECK(is_found);
}

TEST_CASE("a fault in one family is not laid to the next", "[exposition]") {
  CHECK(check_exposition(kHead + "f nan\n" + kOther).size() == 1);
  CHECK(check_exposition(kHead + "f 1\nf 1\n" + kOther).size() == 1);
}

TEST_CASE("the checker gives back names and labels and values", "[exposition]") {
  const auto parsed = parse_exposition(kHead + "f{a=\"x\\ny\\\"\\\\\",b=\"\"} -2.5\n" + kOther);
  REQUIRE(parsed.samples.size() == 2);
  CHECK(parsed.samples[0].name == "f");
  CHECK(parsed.samples[0].label("a") == "x\ny\"\\");
  CHECK(parsed.samples[0].label("none").empty());
  CHECK(parsed.samples[0].value == -2.5);
  CHECK(parsed.samples[1].value == 1);
  CHECK(std::isinf(parse_exposition(kHead + "f +Inf\n").samples.at(0).value));
}

TEST_CASE("the checker survives garbage", "[exposition]") {
  const std::string garbage = GENERATE(
      "\n"s, "#"s, "# HELP"s, "# HELP "s, "# TYPE f"s, "{"s, "f{"s, "f{a"s, "f{a="s, "f{a=\""s,
      "f{a=\"\\"s, "f{a=\"\"} "s, "\0\0\0"s, std::string(100000, '{'), std::string(100000, '\n'));
  CAPTURE(garbage.substr(0, 20));
  CHECK_FALSE(check_exposition(garbage).empty());
}
