#pragma once
// A first cost model: every operation takes the slower of its arithmetic and its memory traffic, plus fixed overheads.

#include <memory>

#include "models/arch/layout.h"
#include "models/arch/llm_spec.h"
#include "models/cost/step_cost.h"
#include "models/hardware/device.h"

namespace cleave {

/// Prices steps of one replica of layout.tp * layout.pp accelerators. A step passes all pipeline stages in turn: its
/// time is the latency of one batch, and batches of different stages are not overlapped.
/// Errors: none; the layout has passed `layout_problem`.
/// Source: rates and efficiencies of the device's catalogue entry, widths of the model's.
[[nodiscard]] std::unique_ptr<StepCostModel> make_roofline(const LlmSpec& model, const DeviceSpec& device,
                                                           const ReplicaLayout& layout);

/// Where a step's time goes, in seconds. The sum is the step's time up to rounding.
struct StepParts {
  double projections = 0;  // attention's and the MLP's matrices
  double experts = 0;
  double attention = 0;  // scans of earlier tokens
  double head = 0;
  double elementwise = 0;  // per token and per sequence: norms, activations, state, all-reduce and hop payloads
  double overhead = 0;     // kernels, latencies of collectives and hops, engine

  [[nodiscard]] double total() const { return projections + experts + attention + head + elementwise + overhead; }
};

[[nodiscard]] StepParts roofline_parts(const LlmSpec& model, const DeviceSpec& device, const ReplicaLayout& layout,
                                       const BatchShape& batch);

}  // namespace cleave
