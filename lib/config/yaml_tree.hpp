// One YAML document as a tree of nodes that know their place, and nothing of yaml-cpp. The tree is
// built from yaml-cpp's events rather than its nodes: nodes drop the second of two equal keys and
// resolve aliases, both in silence. Anchors, aliases and tags are refused, for a configuration
// needs none of them and aliases of aliases make a small file enormous. Depth and number of nodes
// have limits. Pure and thread-safe; what yaml-cpp throws is caught here.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "config/source_text.hpp"

namespace kcommons::config {

struct Node {
  enum class Kind : std::uint8_t {
    kEmpty,     // no value, ~ or null
    kPlain,     // a scalar without quotes
    kQuoted,    // a scalar in quotes or a block
    kSequence,  // children are the items
    kMapping,   // children are key, value, key, value
    kRefused,   // an alias: a mistake that is reported already
  };

  Kind kind = Kind::kEmpty;
  Position at;
  std::string scalar;
  std::vector<Node> children;
};

bool is_scalar(const Node& node);

struct YamlTree {
  Node root;
  std::vector<Mistake> mistakes;
  bool readable = true;  // when false the root says nothing, and mistakes say why
};

YamlTree parse_yaml(std::string_view text);

}  // namespace kcommons::config
