#pragma once
// Time of an engine's step from the sum of its kernels.

#include <array>

#include "models/cost/forms/form.h"

namespace cleave {

/// Kernels of one step, in seconds, and what the engine did with them.
struct StepWork {
  double kernels = 0;  // all but the scans of decodes' contexts
  double scans = 0;    // those, were all contexts of one length
  double spread = 0;   // standard deviation of the decodes' contexts, of their mean
  double tokens = 0;   // of the step
};

namespace step {
/// vLLM captures its graphs up to so many tokens; larger steps launch kernel by kernel.
inline constexpr double kGraphTokens = 512;

inline constexpr std::array<Coefficient, 4> kCoefficients{{
    {"fixed_s", 3e-3, 0, 1, "each step: scheduling, input preparation, sampling"},
    {"eager_s", 1e-3, 0, 1, "each step beyond the captured graphs"},
    {"eager_scale", 1, 0, 10, "of the kernels' sum, beyond the graphs"},
    {"graph_scale", 1, 0, 10, "of the kernels' sum, inside the graphs"},
}};
}  // namespace step

/// Kernel seconds with unequal contexts: a scan ends with its longest sequences, so contexts that differ by their mean
/// double it. Source: served segments against sweeps of vLLM 0.20.1 on B300 (steps_fpm of the shared data).
[[nodiscard]] inline double kernel_sum(const StepWork& work) {
  return work.kernels + work.scans * (1 + work.spread);
}

/// The linear form's terms, in the order of step::kCoefficients.
[[nodiscard]] inline std::array<double, 4> step_terms(const StepWork& work) {
  const bool eager = work.tokens > step::kGraphTokens;
  const double sum = kernel_sum(work);
  return {1, eager ? 1.0 : 0.0, eager ? sum : 0.0, eager ? 0.0 : sum};
}

/// Seconds. Coefficients: step::kCoefficients, >= 0.
[[nodiscard]] inline double step_seconds(const StepWork& work, Coefficients c) {
  const std::array<double, 4> terms = step_terms(work);
  double seconds = 0;
  for (std::size_t i = 0; i < terms.size(); ++i) seconds += c[i] * terms[i];
  return seconds;
}

}  // namespace cleave
