#pragma once
// What a step takes beside its kernels, as the cost model has it (StepOverhead), for fits: a few numbers a step, and
// the same line.

#include <array>
#include <memory>
#include <vector>

#include "calibration/fit/steps/step_rows.h"
#include "models/cost/device_calibration.h"
#include "models/cost/forms/form.h"
#include "models/hardware/device.h"

namespace cleave::fit {

/// One step. Seconds.
struct StepTerms {
  double kernels = 0;  // all of them, were the contexts of decodes alike
  double tail = 0;     // what scans take more for each standard deviation of contexts, of their mean, a spread of 1
  bool eager = false;  // beyond the captured graphs
  bool prompts = false;
  double layers = 0;  // with softmax attention
  double linear = 0;  // with linear attention
};

/// Sums kernels of steps with the very model that the simulator uses, overheads aside.
class StepTermsOf {
 public:
  /// All borrowed. `kernels` are of `device`.
  StepTermsOf(const LlmSpec& model, const DeviceSpec& device, const ReplicaLayout& layout, const KernelTables& kernels);
  ~StepTermsOf();
  StepTermsOf(const StepTermsOf&) = delete;
  StepTermsOf& operator=(const StepTermsOf&) = delete;

  [[nodiscard]] StepTerms operator()(const StepRow& row) const;

 private:
  struct Models;
  std::unique_ptr<Models> models_;
};

/// Names are those of `step.json`. The host's share of a step is not in here: tables of forward passes do not have it.
inline constexpr std::array<Coefficient, 9> kStepCoefficients{{
    {"fixed_s", 1e-4, 1e-6, 1e-1, "each step"},
    {"graph_scale", 1.05, 0.5, 3, "of the kernels' sum, inside captured graphs"},
    {"eager_fixed_s", 1e-3, 1e-6, 1e-1, "each step beyond the graphs"},
    {"eager_scale", 1.05, 0.5, 3, "of the kernels' sum, beyond the graphs"},
    {"spread", 0.6, 0.6, 0.6, "of scans for each relative deviation of contexts; sweeps have equal ones"},
    {"layer_captured_s", 1e-4, 1e-7, 1e-2, "the host launching a layer's attention, other kernels captured"},
    {"layer_eager_s", 1.5e-4, 1e-7, 1e-2, "the host launching a layer beyond the graphs"},
    {"linear_captured_s", 5e-4, 1e-7, 1e-2, "the same for a layer of linear attention"},
    {"linear_eager_s", 1.3e-3, 1e-7, 1e-2, "the same beyond the graphs"},
}};

/// Seconds of a step: the slower of (offset + scale x kernels) and of the host's launches, as models/cost computes it.
[[nodiscard]] double step_seconds(const StepTerms& terms, Coefficients c);
/// The same coefficients for the cost model.
[[nodiscard]] StepOverhead step_overhead(Coefficients c);

}  // namespace cleave::fit
