#include "sim/study/expression/expression.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "models/units/error.h"
#include "models/units/text.h"
#include "sim/study/expression/nodes.h"
#include "sim/study/expression/parser.h"

namespace cleave {
namespace {

using Node = Expression::Node;

const double* number_in(const ExpressionValue& value) {
  return std::get_if<double>(&value);
}
ExpressionValue truth(bool value) {
  return value ? 1.0 : 0.0;
}
ExpressionValue finite(double value) {
  if (!std::isfinite(value)) return std::monostate{};
  return value;
}

/// nullopt: undefined, or a text.
std::optional<bool> truth_of(const ExpressionValue& value) {
  const double* number = number_in(value);
  if (number == nullptr) return std::nullopt;
  return *number != 0;
}

class Evaluation {
 public:
  Evaluation(std::string_view text, const NameLookup& lookup) : text_(text), lookup_(lookup) {}

  [[nodiscard]] ExpressionValue of(const Node& node) const {
    switch (node.operation) {
      case NodeKind::constant:
        return node.constant;
      case NodeKind::name:
        return named(node.name);
      case NodeKind::either:
      case NodeKind::both:
        return logic(node);
      case NodeKind::negation: {
        const auto inner = truth_of(of(*node.operands[0]));
        if (!inner) return std::monostate{};
        return truth(!*inner);
      }
      case NodeKind::choice: {
        const auto condition = truth_of(of(*node.operands[0]));
        if (!condition) return std::monostate{};
        return of(*node.operands[*condition ? 1 : 2]);
      }
      default:
        return arithmetic(node);
    }
  }

 private:
  [[nodiscard]] ExpressionValue named(const std::string& name) const {
    if (auto value = lookup_(name)) return std::move(*value);
    throw ConfigError(fmt::format("expression `{}`: nothing is called `{}`", text_, name));
  }

  [[nodiscard]] ExpressionValue logic(const Node& node) const {
    const bool decisive = node.operation == NodeKind::either;  // one true side decides an `or`
    const auto left = truth_of(of(*node.operands[0]));
    if (left && *left == decisive) return truth(decisive);
    const auto right = truth_of(of(*node.operands[1]));
    if (right && *right == decisive) return truth(decisive);
    if (!left || !right) return std::monostate{};
    return truth(!decisive);
  }

  [[nodiscard]] ExpressionValue arithmetic(const Node& node) const {
    std::vector<double> x;
    std::vector<std::string> texts;
    for (const auto& operand : node.operands) {
      ExpressionValue value = of(*operand);
      if (const double* number = number_in(value)) x.push_back(*number);
      if (std::string* text = std::get_if<std::string>(&value)) texts.push_back(std::move(*text));
    }
    if (texts.size() == 2) return compared(node.operation, texts[0].compare(texts[1]));
    if (x.size() != node.operands.size()) return std::monostate{};
    if (x.size() == 2) {
      const ExpressionValue value = compared(node.operation, x[0] < x[1] ? -1 : x[0] > x[1] ? 1 : 0);
      if (number_in(value) != nullptr) return value;
    }
    return calculated(node.operation, x);
  }

  static ExpressionValue compared(NodeKind operation, int order) {
    switch (operation) {
      case NodeKind::equal:
        return truth(order == 0);
      case NodeKind::unequal:
        return truth(order != 0);
      case NodeKind::less:
        return truth(order < 0);
      case NodeKind::at_most:
        return truth(order <= 0);
      case NodeKind::greater:
        return truth(order > 0);
      case NodeKind::at_least:
        return truth(order >= 0);
      default:
        return std::monostate{};
    }
  }

  static ExpressionValue calculated(NodeKind operation, const std::vector<double>& x) {
    switch (operation) {
      case NodeKind::add:
        return finite(x[0] + x[1]);
      case NodeKind::subtract:
        return finite(x[0] - x[1]);
      case NodeKind::multiply:
        return finite(x[0] * x[1]);
      case NodeKind::divide:
        return finite(x[0] / x[1]);
      case NodeKind::minus:
        return finite(-x[0]);
      case NodeKind::power:
        return finite(std::pow(x[0], x[1]));
      case NodeKind::minimum:
        return *std::min_element(x.begin(), x.end());
      case NodeKind::maximum:
        return *std::max_element(x.begin(), x.end());
      case NodeKind::absolute:
        return std::abs(x[0]);
      case NodeKind::square_root:
        return finite(std::sqrt(x[0]));
      case NodeKind::logarithm:
        return finite(std::log(x[0]));
      case NodeKind::exponential:
        return finite(std::exp(x[0]));
      default:
        return std::monostate{};
    }
  }

  std::string_view text_;
  const NameLookup& lookup_;
};

template <class Quantity>
std::optional<double> quantity(std::string_view text) {
  const auto parsed = parse<Quantity>(text);
  if (!parsed) return std::nullopt;
  if constexpr (std::is_same_v<Quantity, Duration>) {
    return to_seconds(*parsed);
  } else {
    return static_cast<double>(parsed->value());
  }
}

template <class... Quantities>
std::optional<double> any_quantity(std::string_view text) {
  std::optional<double> found;
  (void)((found = quantity<Quantities>(text)).has_value() || ...);
  return found;
}

}  // namespace

Expression::Expression(std::string text, std::unique_ptr<Node> root) : text_(std::move(text)), root_(std::move(root)) {}
Expression::Expression(Expression&&) noexcept = default;
Expression& Expression::operator=(Expression&&) noexcept = default;
Expression::~Expression() = default;

Expression Expression::parse(std::string_view text) {
  return {std::string(text), parse_expression(text)};
}

ExpressionValue Expression::value(const NameLookup& lookup) const {
  return Evaluation(text_, lookup).of(*root_);
}

std::optional<double> Expression::number(const NameLookup& lookup) const {
  const ExpressionValue result = value(lookup);
  if (const double* found = number_in(result)) return *found;
  return std::nullopt;
}

ExpressionValue value_of_text(std::string_view text) {
  const auto number =
      any_quantity<Duration, Bytes, BytesPerSecond, FlopsPerSecond, RequestsPerSecond, Watts, UsdPerHour, Usd>(text);
  if (number) return *number;
  return std::string(text);
}

}  // namespace cleave
