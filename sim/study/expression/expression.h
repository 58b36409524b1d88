#pragma once
// Small arithmetic over named values: derived metrics and conditions of studies.
//
//   output_tokens_per_s / pools.decode.accelerators
//   ttft_s.p99 <= '500 ms' and pools.decode.replicas >= 2 * pools.prefill.replicas
//
// Operators, loosest first: or; and; not; = == != < <= > >=; + -; * /; unary -; ^ (to the right). Functions: min, max
// (any number of arguments), abs, sqrt, log, exp, if(condition, then, else). A name is words joined by dots, with
// [index] for lists, or any text between backticks. Text stands in single quotes; one that is a quantity ("'500 ms'")
// is that number in base units of seconds, bytes and so on. Nothing else exists: an expression cannot loop or reach
// outside.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace cleave {

/// Undefined (a mean of nothing, a division by zero), a number (1 and 0 for true and false), or a text.
using ExpressionValue = std::variant<std::monostate, double, std::string>;

/// What a name stands for; nullopt: nothing has this name.
using NameLookup = std::function<std::optional<ExpressionValue>(std::string_view name)>;

class Expression {
 public:
  /// Errors: ConfigError that shows the text and says what was expected where.
  [[nodiscard]] static Expression parse(std::string_view text);

  Expression(Expression&&) noexcept;
  Expression& operator=(Expression&&) noexcept;
  ~Expression();

  /// Whatever is made of something undefined is undefined; so are divisions by zero and comparisons of a number with a
  /// text. `and` and `or` decide from their left side where it suffices.
  /// Errors: ConfigError for a name that `lookup` does not know.
  [[nodiscard]] ExpressionValue value(const NameLookup& lookup) const;

  /// The number. Errors: as value(); nullopt when it is undefined or a text.
  [[nodiscard]] std::optional<double> number(const NameLookup& lookup) const;

  [[nodiscard]] const std::string& text() const { return text_; }

  struct Node;

 private:
  Expression(std::string text, std::unique_ptr<Node> root);

  std::string text_;
  std::unique_ptr<Node> root_;
};

/// A text as an expression sees it: a quantity's number in base units (seconds, bytes, ...), else the text itself.
[[nodiscard]] ExpressionValue value_of_text(std::string_view text);

}  // namespace cleave
