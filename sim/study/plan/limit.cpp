#include "sim/study/plan/limit.h"

#include <fmt/format.h>

#include <cmath>

#include "sim/metrics/student.h"
#include "sim/study/expression/expression.h"
#include "sim/study/sweep/tree_field.h"

namespace cleave {
namespace {

/// The two sides of the mean's interval; the same when all values are equal.
void add_interval(LimitCheck& check, const std::vector<double>& values, double error) {
  const auto n = static_cast<double>(values.size());
  double squares = 0;
  for (const double value : values) squares += (value - check.mean) * (value - check.mean);
  const double spread = n > 1 ? std::sqrt(squares / (n - 1) / n) : 0;
  const double half = spread > 0 ? student_quantile(1 - error, n - 1) * spread : 0;
  check.low = check.mean - half;
  check.high = check.mean + half;
}

}  // namespace

std::string_view name_of(Holding holding) {
  return holding == Holding::holds ? "holds" : holding == Holding::fails ? "fails" : "inconclusive";
}

std::optional<double> limit_value(const Tree& tree) {
  const auto json = json_of_tree(tree);
  if (json.is_number()) return json.get<double>();
  if (!json.is_string()) return std::nullopt;
  const ExpressionValue value = value_of_text(json.get<std::string>());
  if (const double* number = std::get_if<double>(&value)) return *number;
  return std::nullopt;
}

double LimitCheck::violation() const {
  const double off = at_most ? mean - limit : limit - mean;
  return limit != 0 ? off / std::abs(limit) : off;
}

std::string LimitCheck::text() const {
  const bool fine = holding == Holding::holds;
  return fmt::format("{} is {:.4g}{}, {} {:.4g}", metric, mean, holding == Holding::open ? " or so" : "",
                     at_most ? (fine ? "within" : "above") : (fine ? "above" : "below"), limit);
}

LimitCheck check_limit(const std::string& metric, double limit, bool at_most, const std::vector<double>& values,
                       double error) {
  LimitCheck check{metric, limit, at_most, 0, 0, 0, Holding::open};
  if (values.empty()) return check;
  for (const double value : values) check.mean += value / static_cast<double>(values.size());
  add_interval(check, values, error);
  const bool far_off = at_most ? check.mean > 2 * limit : check.mean < 0.5 * limit;
  if (values.size() == 1) {
    if (far_off) check.holding = Holding::fails;
    return check;
  }
  const bool within = at_most ? check.high <= limit : check.low >= limit;
  const bool beyond = at_most ? check.low > limit : check.high < limit;
  check.holding = within ? Holding::holds : beyond ? Holding::fails : Holding::open;
  return check;
}

}  // namespace cleave
