#include "config/yaml_tree.hpp"

#include <fmt/core.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <exception>
#include <optional>
#include <sstream>
#include <utility>

#include "base/text.hpp"
#include "config/values.hpp"

namespace kcommons::config {

namespace {

constexpr std::size_t kMaxDepth = 16;  // the deepest key of a configuration stands at 5
constexpr std::size_t kMaxNodes = 20'000;
constexpr const char* kAliasMessage =
    "an alias, expected the value itself, in quotes where it begins with *";

Position end_of(std::string_view text) {
  const auto lines = std::ranges::count(text, '\n');
  const std::size_t last = text.rfind('\n');  // npos + 1 is 0
  return {static_cast<int>(lines) + 1, static_cast<int>(text.size() - (last + 1)) + 1};
}

// Of what is missing at the end of a text, yaml-cpp says that it is behind the end.
Position position_of(const YAML::Mark& mark, Position end) {
  return std::min(Position{mark.line + 1, mark.column + 1}, end);
}

// Builds the tree out of events. Open collections stand on a stack by value and move into their
// parent when they end. At a limit it leaves yaml-cpp in the only way there is, by an exception of
// yaml-cpp's own, which is caught below like the others.
class TreeBuilder final : public YAML::EventHandler {
 public:
  TreeBuilder(YamlTree& tree, Position end) : tree_(tree), end_(end) {}

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (++documents_ == 2) stop(mark, "a second document, expected one");
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    check(mark, "?", anchor);
    add(make(Node::Kind::kEmpty, mark));
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t /*anchor*/) override {
    check(mark, "?", YAML::NullAnchor);
    refuse(mark, kAliasMessage);
    add(make(Node::Kind::kRefused, mark));
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    check(mark, tag, anchor);
    add(make(tag == "?" ? Node::Kind::kPlain : Node::Kind::kQuoted, mark, value));
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value /*style*/) override {
    open(mark, tag, anchor, Node::Kind::kSequence);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value /*style*/) override {
    open(mark, tag, anchor, Node::Kind::kMapping);
  }
  void OnMapEnd() override { close(); }

  [[nodiscard]] bool stopped() const { return stopped_; }
  // Whether a whole document was seen, even if there is something behind it.
  [[nodiscard]] bool complete() const { return open_.empty(); }

 private:
  [[nodiscard]] Node make(Node::Kind kind, const YAML::Mark& mark, std::string scalar = {}) const {
    return {kind, position_of(mark, end_), std::move(scalar), {}};
  }

  void refuse(const YAML::Mark& mark, std::string message) {
    tree_.mistakes.push_back({position_of(mark, end_), std::move(message)});
  }

  [[noreturn]] void stop(const YAML::Mark& mark, const std::string& message) {
    refuse(mark, message);
    stopped_ = true;
    throw YAML::ParserException(mark, message);
  }

  // What every node goes through. yaml-cpp gives the tag as "?" for a node without one, and as "!"
  // for a scalar in quotes.
  void check(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
    if (++nodes_ > kMaxNodes) {
      stop(mark, fmt::format("too many values, expected at most {}", kMaxNodes));
    }
    if (anchor != YAML::NullAnchor) refuse(mark, "an anchor, expected none");
    if (!tag.empty() && tag != "?" && tag != "!") {
      refuse(mark, fmt::format("the tag {}, expected none", quoted(tag)));
    }
  }

  void open(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
            Node::Kind kind) {
    check(mark, tag, anchor);
    if (open_.size() == kMaxDepth) {
      stop(mark, fmt::format("nested too deep, expected at most {} levels", kMaxDepth));
    }
    open_.push_back(make(kind, mark));
  }

  void close() {
    Node node = std::move(open_.back());
    open_.pop_back();
    add(std::move(node));
  }

  void add(Node node) {
    if (open_.empty()) {
      tree_.root = std::move(node);
    } else {
      open_.back().children.push_back(std::move(node));
    }
  }

  YamlTree& tree_;
  Position end_;
  std::vector<Node> open_;
  std::size_t nodes_ = 0;
  int documents_ = 0;
  bool stopped_ = false;
};

// yaml-cpp 0.7 takes a quote that the file never closes for closed when a newline stands before the
// end, and would read '/proc as "/proc ". The mark of a document's end is illegal within quotes.
void parse_documents(std::string_view text, TreeBuilder& builder) {
  std::istringstream stream(std::string(text) + "\n...\n");
  YAML::Parser parser(stream);
  while (parser.HandleNextDocument(builder)) {
  }
}

// An alias of an anchor that is nowhere is yaml-cpp's to find, but no other mistake than an alias.
Mistake mistake_of(const YAML::Exception& error, Position end) {
  const Position at = error.mark.is_null() ? Position{} : position_of(error.mark, end);
  if (error.msg.starts_with(YAML::ErrorMsg::UNKNOWN_ANCHOR)) return {at, kAliasMessage};
  if (error.msg == YAML::ErrorMsg::DOC_IN_SCALAR || error.msg == YAML::ErrorMsg::EOF_IN_SCALAR) {
    return {at, "quotes are still open here, expected their end"};
  }
  return {at, text::printable(error.msg) + ", expected YAML"};
}

}  // namespace

YamlTree parse_yaml(std::string_view text) {
  YamlTree tree;
  tree.mistakes = check_source_text(text);
  tree.readable = tree.mistakes.empty();
  if (!tree.readable) return tree;

  const Position end = end_of(text);
  TreeBuilder builder(tree, end);
  std::optional<Mistake> failure;
  try {
    parse_documents(text, builder);
  } catch (const YAML::Exception& error) {
    failure = mistake_of(error, end);
  } catch (const std::exception& error) {
    failure = Mistake{{}, text::printable(error.what()) + ", expected YAML"};
  }
  tree.readable = builder.complete();
  if (failure && !builder.stopped()) {
    tree.mistakes = {*std::move(failure)};
    tree.readable = false;
  }
  return tree;
}

bool is_scalar(const Node& node) {
  return node.kind == Node::Kind::kPlain || node.kind == Node::Kind::kQuoted;
}

}  // namespace kcommons::config
