#include "calibration/fit/steps/step_form.h"

#include <algorithm>

#include "models/cost/calibrated.h"
#include "models/cost/knots.h"

namespace cleave::fit {
namespace {

double in_seconds(Duration duration) {
  return std::chrono::duration<double>(duration).count();
}

/// Kernels alone, contexts that differ counting `spread` times their deviation.
std::unique_ptr<ExplainedCost> bare(const LlmSpec& model, const DeviceSpec& device, const ReplicaLayout& layout,
                                    const KernelTables& kernels, double spread) {
  DeviceCalibration calibration{kernels, {}};
  calibration.overhead.spread = spread;
  return make_calibrated(model, device, layout, std::make_shared<DeviceCalibration>(std::move(calibration)));
}

/// The sum of squares of contexts with the row's sum and deviation.
double squares(const StepRow& row) {
  if (row.decodes == 0) return 0;
  const double sum = static_cast<double>(row.decode_context.value());
  return sum * sum / static_cast<double>(row.decodes) * (1 + row.context_spread * row.context_spread);
}

}  // namespace

struct StepTermsOf::Models {
  std::unique_ptr<ExplainedCost> even;
  std::unique_ptr<ExplainedCost> uneven;
  double layers = 0;
  double linear = 0;
};

StepTermsOf::StepTermsOf(const LlmSpec& model, const DeviceSpec& device, const ReplicaLayout& layout,
                         const KernelTables& kernels)
    : models_(std::make_unique<Models>()) {
  models_->even = bare(model, device, layout, kernels, 0);
  models_->uneven = bare(model, device, layout, kernels, 1);
  for (const LayerGroup& group : model.layers) {
    double& count = std::holds_alternative<LinearAttention>(group.attention) ? models_->linear : models_->layers;
    count += static_cast<double>(group.count);
  }
}

StepTermsOf::~StepTermsOf() = default;

StepTerms StepTermsOf::operator()(const StepRow& row) const {
  BatchShape batch{row.prefills, row.decodes, row.decode_context};
  batch.decode_context_squares = squares(row);
  StepTerms terms;
  terms.kernels = in_seconds(models_->even->step(batch));
  terms.tail = in_seconds(models_->uneven->step(batch)) - terms.kernels;
  terms.eager = row.tokens() > token_knots::kCaptured;
  terms.prompts = !row.prefills.empty();
  terms.layers = models_->layers;
  terms.linear = models_->linear;
  return terms;
}

StepOverhead step_overhead(Coefficients c) {
  StepOverhead over;
  over.fixed = c[0];
  over.graph_scale = c[1];
  over.eager_fixed = c[2];
  over.eager_scale = c[3];
  over.spread = c[4];
  over.layer_captured = c[5];
  over.layer_eager = c[6];
  over.linear_captured = c[7];
  over.linear_eager = c[8];
  return over;
}

double step_seconds(const StepTerms& terms, Coefficients c) {
  const StepOverhead over = step_overhead(c);
  const double kernels = terms.kernels + over.spread * terms.tail;
  const double device = over.offset(terms.eager) + over.scale(terms.eager) * kernels;
  if (!terms.prompts && !terms.eager) return device;
  const double launching = terms.layers * (terms.eager ? over.layer_eager : over.layer_captured) +
                           terms.linear * (terms.eager ? over.linear_eager : over.linear_captured);
  return std::max(device, launching);
}

}  // namespace cleave::fit
