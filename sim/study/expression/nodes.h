#pragma once
// The parsed form of an expression.

#include <memory>
#include <string>
#include <vector>

#include "sim/study/expression/expression.h"

namespace cleave {

enum class NodeKind {
  constant,
  name,  // leaves
  either,
  both,
  negation,  // or, and, not
  equal,
  unequal,
  less,
  at_most,
  greater,
  at_least,  // comparisons
  add,
  subtract,
  multiply,
  divide,
  minus,
  power,  // arithmetic
  minimum,
  maximum,
  absolute,
  square_root,
  logarithm,
  exponential,
  choice  // functions
};

struct Expression::Node {
  NodeKind operation = NodeKind::constant;
  ExpressionValue constant;
  std::string name;
  std::vector<std::unique_ptr<Node>> operands;
};

}  // namespace cleave
