#pragma once
// Steps on devices whose memory is on the chip: a token passes the stages one after another, and stages work on
// different sequences at once.

#include <memory>

#include "models/cost/explained_cost.h"
#include "models/sram/sram_plan.h"

namespace cleave {

/// Seconds of one step, apart: what one micro-batch takes from stage to stage, and what the busiest stage has to do.
struct SramStep {
  double latency = 0;
  double busiest = 0;
  double spilled = 0;  // reading KV that is kept on the host
  [[nodiscard]] double total() const { return (latency > busiest ? latency : busiest) + spilled; }
};

/// For one sequence: sum over stages of (weights + KV) / effective bandwidth + hop, as published for wafer-scale
/// decoding. n sequences are cut into min(n, stages) micro-batches that follow one another through the stages: the step
/// lasts as long as one of them passes all stages, or as long as the busiest stage serves them all. Arithmetic adds to
/// reading: the effective bandwidth is that of one token's pass, in which arithmetic is small.
/// Prompt tokens stream through the stages behind one another.
/// Source: effective bandwidth calibrated by Llama-70B on four wafers at about 0.5 ms a token, see the device's entry.
[[nodiscard]] SramStep sram_step(const LlmSpec& model, const DeviceSpec& device, const ReplicaLayout& layout,
                                 const SramPlan& plan, const BatchShape& batch);

/// Prices steps of one replica of layout.pp stages of layout.tp devices; stages overlap within a step already, so the
/// engine forms one step after the other. KV of tokens beyond the plan's is read from the host in each step.
/// Errors: none; the model fits (`plan_sram`). Borrows nothing.
[[nodiscard]] std::unique_ptr<ExplainedCost> make_sram_cost(const LlmSpec& model, const DeviceSpec& device,
                                                            const ReplicaLayout& layout, const SramPlan& plan);

}  // namespace cleave
