#pragma once
// Student's t distribution: how sure a mean of few values is.

namespace cleave {

/// P(T <= t) with `degrees` > 0 degrees of freedom, which need not be whole.
/// Source: the regularized incomplete beta function by Lentz's continued fraction (Numerical Recipes, section 6.4).
[[nodiscard]] double student_cdf(double t, double degrees);

/// The t with student_cdf(t) = probability, for a probability within (0, 1). Accurate to 1e-9 relative.
[[nodiscard]] double student_quantile(double probability, double degrees);

}  // namespace cleave
