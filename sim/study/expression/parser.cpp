#include "sim/study/expression/parser.h"

#include <fmt/format.h>

#include <array>
#include <cctype>
#include <charconv>
#include <optional>
#include <utility>

#include "models/units/error.h"
#include "sim/scenario/diagnostics.h"

namespace cleave {
namespace {

using Node = Expression::Node;
using NodePtr = std::unique_ptr<Node>;

/// Deeper nesting than anybody writes; keeps the recursion bounded.
constexpr int kDeepest = 100;

struct FunctionEntry {
  std::string_view name;
  NodeKind operation;
  std::size_t least_arguments;
  std::size_t most_arguments;
};
constexpr std::array kFunctions{
    FunctionEntry{"min", NodeKind::minimum, 1, 100}, FunctionEntry{"max", NodeKind::maximum, 1, 100},
    FunctionEntry{"abs", NodeKind::absolute, 1, 1},  FunctionEntry{"sqrt", NodeKind::square_root, 1, 1},
    FunctionEntry{"log", NodeKind::logarithm, 1, 1}, FunctionEntry{"exp", NodeKind::exponential, 1, 1},
    FunctionEntry{"if", NodeKind::choice, 3, 3},
};

struct OperatorEntry {
  std::string_view sign;
  NodeKind operation;
};
constexpr std::array kComparisons{OperatorEntry{"<=", NodeKind::at_most}, OperatorEntry{">=", NodeKind::at_least},
                                  OperatorEntry{"!=", NodeKind::unequal}, OperatorEntry{"==", NodeKind::equal},
                                  OperatorEntry{"=", NodeKind::equal},    OperatorEntry{"<", NodeKind::less},
                                  OperatorEntry{">", NodeKind::greater}};
constexpr std::array kSums{OperatorEntry{"+", NodeKind::add}, OperatorEntry{"-", NodeKind::subtract}};
constexpr std::array kProducts{OperatorEntry{"*", NodeKind::multiply}, OperatorEntry{"/", NodeKind::divide}};

bool starts_word(char c) {
  return std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '_';
}
bool continues_word(char c) {
  return starts_word(c) || std::isdigit(static_cast<unsigned char>(c)) != 0;
}

NodePtr make(NodeKind operation, NodePtr first, NodePtr second = nullptr) {
  auto node = std::make_unique<Node>();
  node->operation = operation;
  node->operands.push_back(std::move(first));
  if (second) node->operands.push_back(std::move(second));
  return node;
}

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  NodePtr whole() {
    NodePtr node = disjunction();
    skip_space();
    if (at_ < text_.size()) fail("expected an operator or the end");
    return node;
  }

 private:
  NodePtr disjunction() {
    if (++depth_ > kDeepest) fail("nested too deeply");
    NodePtr left = conjunction();
    while (take_word("or")) left = make(NodeKind::either, std::move(left), conjunction());
    --depth_;
    return left;
  }

  NodePtr conjunction() {
    NodePtr left = inversion();
    while (take_word("and")) left = make(NodeKind::both, std::move(left), inversion());
    return left;
  }

  NodePtr inversion() {
    bool negated = false;
    while (take_word("not")) negated = !negated;
    NodePtr inner = comparison();
    return negated ? make(NodeKind::negation, std::move(inner)) : std::move(inner);
  }

  NodePtr comparison() {
    NodePtr left = sum();
    const auto operation = take_operator(kComparisons);
    return operation ? make(*operation, std::move(left), sum()) : std::move(left);
  }

  NodePtr sum() {
    NodePtr left = product();
    while (const auto operation = take_operator(kSums)) left = make(*operation, std::move(left), product());
    return left;
  }

  NodePtr product() {
    NodePtr left = sign();
    while (const auto operation = take_operator(kProducts)) left = make(*operation, std::move(left), sign());
    return left;
  }

  NodePtr sign() {
    bool negative = false;
    while (take("-")) negative = !negative;
    NodePtr inner = power();
    return negative ? make(NodeKind::minus, std::move(inner)) : std::move(inner);
  }

  NodePtr power() {
    NodePtr base = leaf();
    if (!take("^")) return base;
    if (++depth_ > kDeepest) fail("nested too deeply");
    NodePtr exponent = sign();
    --depth_;
    return make(NodeKind::power, std::move(base), std::move(exponent));
  }

  NodePtr leaf() {
    skip_space();
    if (at_ == text_.size()) fail("expected a value");
    if (take("(")) {
      NodePtr inner = disjunction();
      expect(")");
      return inner;
    }
    const char c = text_[at_];
    if (c == '\'') return quoted('\'');
    if (c == '`') return quoted('`');
    if (starts_word(c)) return name_or_call();
    if (std::isdigit(static_cast<unsigned char>(c)) != 0 || c == '.') return number();
    fail("expected a value");
  }

  NodePtr number() {
    double value = 0;
    const auto [end, error] = std::from_chars(text_.data() + at_, text_.data() + text_.size(), value);
    if (error != std::errc{}) fail("expected a number");
    at_ = static_cast<std::size_t>(end - text_.data());
    if (at_ < text_.size() && continues_word(text_[at_])) fail("expected an operator; a quantity stands in quotes");
    return constant(value);
  }

  NodePtr quoted(char mark) {
    const auto close = text_.find(mark, at_ + 1);
    if (close == std::string_view::npos) fail(fmt::format("expected a closing {}", mark));
    const std::string_view inner = text_.substr(at_ + 1, close - at_ - 1);
    at_ = close + 1;
    return mark == '`' ? named(inner) : constant(value_of_text(inner));
  }

  NodePtr name_or_call() {
    const std::size_t begin = at_;
    while (at_ < text_.size() && continues_word(text_[at_])) ++at_;
    const std::string_view word = text_.substr(begin, at_ - begin);
    const std::size_t end = at_;
    if (take("(")) return call(word, begin);
    at_ = end;  // the space that take() skipped is not part of a name
    while (at_ < text_.size() && (continues_word(text_[at_]) || text_[at_] == '.' || text_[at_] == '[')) {
      if (text_[at_] != '[') {
        ++at_;
        continue;
      }
      at_ = text_.find(']', at_);
      if (at_ == std::string_view::npos) {
        at_ = text_.size();
        fail("expected a closing ]");
      }
      ++at_;
    }
    return named(text_.substr(begin, at_ - begin));
  }

  NodePtr call(std::string_view word, std::size_t begin) {
    std::vector<std::string_view> names;
    for (const FunctionEntry& entry : kFunctions) {
      names.push_back(entry.name);
      if (entry.name != word) continue;
      auto node = std::make_unique<Node>();
      node->operation = entry.operation;
      do {
        node->operands.push_back(disjunction());
      } while (take(","));
      expect(")");
      const std::size_t count = node->operands.size();
      if (count < entry.least_arguments || count > entry.most_arguments) {
        fail(fmt::format("{} takes {} arguments, got {}", word, entry.least_arguments, count));
      }
      return node;
    }
    at_ = begin;
    fail(fmt::format("no function `{}`, expected {}{}", word, listing(names), suggestion(word, names)));
  }

  static NodePtr constant(ExpressionValue value) {
    auto node = std::make_unique<Node>();
    node->constant = std::move(value);
    return node;
  }
  static NodePtr named(std::string_view name) {
    auto node = std::make_unique<Node>();
    node->operation = NodeKind::name;
    node->name = name;
    return node;
  }

  void skip_space() {
    while (at_ < text_.size() && std::isspace(static_cast<unsigned char>(text_[at_])) != 0) ++at_;
  }
  bool take(std::string_view sign) {
    skip_space();
    if (!text_.substr(at_).starts_with(sign)) return false;
    at_ += sign.size();
    return true;
  }
  bool take_word(std::string_view word) {
    skip_space();
    const std::string_view rest = text_.substr(at_);
    if (!rest.starts_with(word) || (rest.size() > word.size() && continues_word(rest[word.size()]))) return false;
    at_ += word.size();
    return true;
  }
  template <std::size_t N>
  std::optional<NodeKind> take_operator(const std::array<OperatorEntry, N>& table) {
    for (const OperatorEntry& entry : table) {
      if (take(entry.sign)) return entry.operation;
    }
    return std::nullopt;
  }
  void expect(std::string_view sign) {
    if (!take(sign)) fail(fmt::format("expected {}", sign));
  }
  [[noreturn]] void fail(const std::string& message) const {
    throw ConfigError(fmt::format("expression `{}`: at character {}: {}", text_, at_ + 1, message));
  }

  std::string_view text_;
  std::size_t at_ = 0;
  int depth_ = 0;
};

}  // namespace

std::unique_ptr<Expression::Node> parse_expression(std::string_view text) {
  return Parser(text).whole();
}

}  // namespace cleave
