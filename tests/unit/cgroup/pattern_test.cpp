#include "cgroup/pattern.hpp"

#include <catch2/catch.hpp>
#include <optional>
#include <string>

#include "unit/cgroup/ids.hpp"

namespace cgroup = kcommons::cgroup;
using kcommons::tests::with_ids;

namespace {

// What the pattern takes out of a path that ends where it should match; nothing when it does not.
std::optional<std::string> taken(const std::string& pattern, const std::string& path) {
  const auto parsed = cgroup::Pattern::parse(pattern);
  REQUIRE(parsed);
  const std::string text = with_ids(path);
  const auto capture = parsed->match(cgroup::parse_path(text).components);
  if (!capture) return std::nullopt;
  return std::string(capture->text);
}

std::string refusal(const std::string& pattern) {
  const auto parsed = cgroup::Pattern::parse(pattern);
  return parsed ? std::string("accepted") : parsed.error().message();
}

}  // namespace

TEST_CASE("a pattern takes its placeholder out of the path", "[cgroup]") {
  struct Row {
    const char* pattern;
    const char* path;
    const char* expected;
  };
  const auto row = GENERATE(values<Row>({
      {"{id64}", "/a/<X>", "<X>"},
      {"docker-{id64}[.scope]", "/docker-<X>", "<X>"},
      {"docker-{id64}[.scope]", "/docker-<X>.scope", "<X>"},
      {"x-{id64}-y", "/x-<X>-y", "<X>"},
      {"{id25}", "/0123456789abcdefghijklmno", "0123456789abcdefghijklmno"},
      {"a/{id}", "/x/a/b", "b"},
      {"{id}/a", "/x/b/a", "b"},
      {"/a/{id}", "/a/b", "b"},
      {"a/*/{id}", "/a/any:thing/b", "b"},
      {"{id}.x", "/a.x.x", "a.x"},
      {"*:p:{id}", "/s:p:i", "i"},
      {"*:p:{id}", "/:p:i", "i"},
      {"*:p:{id}", "/r:s:p:i", "i"},
      {"q-{n}-{name}", "/q-12-a-b", "a-b"},
      {"q-*-{id64}", "/q-a-b-<X>", "<X>"},
      {"m*.slice/{name}", "/m.slice/x", "x"},
      {"m*.slice/{name}", "/m-y.slice/x", "x"},
      {"{pod}/{id}", "/kubepods/pod1/x", "x"},
      {"a", "/a", ""},
  }));
  CAPTURE(row.pattern, row.path);
  CHECK(taken(row.pattern, row.path) == with_ids(row.expected));
}

TEST_CASE("a pattern matches nothing else", "[cgroup]") {
  struct Row {
    const char* pattern;
    const char* path;
  };
  const auto row = GENERATE(values<Row>({
      {"{id64}", "/<X>0"},
      {"{id64}", "/<X>/a"},
      {"docker-{id64}[.scope]", "/docker-<X>.service"},
      {"docker-{id64}[.scope]", "/docker-<X>.scope.scope"},
      {"docker-{id64}[.scope]", "/xdocker-<X>"},
      {"{id25}", "/0123456789Abcdefghijklmno"},
      {"{id25}", "/0123456789abcdefghijklmnop"},
      {"/a/{id}", "/x/a/b"},
      {"a/{id}", "/b"},
      {"a/{id}", "/a/x.service"},
      {"a/{id}", "/a/x.slice"},
      {"a-{id}", "/a-"},
      {"a-{name}", "/a-.."},
      {"*:p:{id}", "/p:i"},
      {"*:p:{id}", "/s:p:"},
      {"*:p:{id}", "/s:q:i"},
      {"q-{n}-{name}", "/q--a"},
      {"q-{n}-{name}", "/q-x-a"},
      {"{pod}/{id}", "/kubepods/x"},
      {"{pod}/{id}", "/kubepods-pod1.slice:cri-containerd:<X>/x"},
      {"a/{id}", "/"},
  }));
  CAPTURE(row.pattern, row.path);
  CHECK_FALSE(taken(row.pattern, row.path));
}

TEST_CASE("only a name is marked as escaped", "[cgroup]") {
  const auto components = cgroup::parse_path("/a").components;
  CHECK(cgroup::Pattern::parse("{name}")->match(components)->is_name);
  CHECK_FALSE(cgroup::Pattern::parse("{id}")->match(components)->is_name);
}

TEST_CASE("a pattern that breaks a rule is refused with the rule", "[cgroup]") {
  struct Row {
    const char* pattern;
    const char* message;
  };
  const auto row = GENERATE(values<Row>({
      {"", "empty component, expected text between the '/'"},
      {"/", "empty component, expected text between the '/'"},
      {"a//{id}", "empty component, expected text between the '/'"},
      {"{id}/", "empty component, expected text between the '/'"},
      {"../{id}", "no cgroup can be called \"..\""},
      {"{id", "'{' without '}' in the same part"},
      {"a}{id}", "'}' closes nothing"},
      {"{id}[.scope", "'[' without ']' in the same part"},
      {"{id}[]", "\"[]\" must hold plain text and nothing else"},
      {"{id}[{n}]", "\"[{n}]\" must hold plain text and nothing else"},
      {"{ID}", "unknown placeholder {ID}, expected {id64}, {id25}, {id}, {name}, {n} or {pod}"},
      {"x{pod}/{id}", "{pod} must be a component of its own"},
      {"{id}/{name}", "more than one of {id64}, {id25}, {id} and {name}"},
      {"*-{id}", "more than one of *, {id} and {name} in a part"},
      {"{n}{id64}", "two placeholders without text between"},
      {"{id64}[a][b]", "more than one optional text in a part"},
  }));
  CAPTURE(row.pattern);
  CHECK(refusal(row.pattern) == row.message);
}
