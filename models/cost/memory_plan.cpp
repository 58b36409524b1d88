#include "models/cost/memory_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "models/arch/kv_footprint.h"
#include "models/arch/layer_work.h"
#include "models/arch/parameters.h"
#include "models/units/real.h"

namespace cleave {
namespace {

Bytes whole_bytes(double bytes) {
  return Bytes{static_cast<std::int64_t>(std::ceil(bytes))};
}

/// Widest set of buffers that live at once for one token: residual in and out, a matrix's output, the next one's input.
double widest_token(const LlmSpec& model, const ReplicaLayout& layout) {
  double widest = 0;
  for (const LayerGroup& group : model.layers) {
    const LayerWork work = layer_work(model, group, layout);
    double in = 0;
    double out = 0;
    const auto look = [&](const MatMul& matmul, double copies) {
      in = std::max(in, copies * real(matmul.inputs));
      out = std::max(out, copies * real(matmul.outputs));
    };
    for (const MatMul& matmul : work.dense) look(matmul, 1);
    if (work.experts) {
      for (const MatMul& matmul : work.experts->each) look(matmul, real(work.experts->top_k));
    }
    widest = std::max(widest, in + out);
  }
  return widest + 2 * real(model.hidden);
}

Bytes activation_bytes(const LlmSpec& model, const ReplicaLayout& layout, const MemoryDemand& demand) {
  constexpr double kActivation = 2;  // bf16
  constexpr double kLogit = 2 + 4;   // bf16 from the product, fp32 for sampling
  const double tokens = real(demand.max_num_batched_tokens.value());
  const double sampled = std::min(tokens, real(demand.max_num_seqs));
  return whole_bytes(tokens * widest_token(model, layout) * kActivation +
                     sampled * real(head_matmul(model, layout).outputs) * kLogit);
}

double gigabytes(Bytes bytes) {
  return real(bytes.value()) * 1e-9;
}

}  // namespace

std::variant<MemoryPlan, MemoryShortage> plan_memory(const LlmSpec& model, const DeviceSpec& device,
                                                     const ReplicaLayout& layout, const MemoryDemand& demand) {
  MemoryPlan plan;
  plan.usable = Bytes{static_cast<std::int64_t>(real(device.memory.size.value.value()) * demand.utilization)};
  plan.weights = weight_bytes(model, layout);
  plan.activations = activation_bytes(model, layout, demand);
  plan.reserved = device.memory.runtime_reserve.value;
  if (layout.tp * layout.pp > 1) plan.reserved += device.memory.collective_reserve.value;
  plan.kv = plan.usable - plan.weights - plan.activations - plan.reserved;

  const KvFootprint kv = kv_footprint(model, layout);
  plan.block = whole_bytes(std::max(1.0, kv.growing * real(demand.block_size.value())));
  if (plan.kv < plan.block) return MemoryShortage{plan.usable - plan.kv + plan.block, plan.usable, plan.weights};
  plan.kv_blocks = plan.kv.value() / plan.block.value();
  plan.state_per_sequence = kv.constant();
  plan.state_blocks_per_sequence = (kv.constant().value() + plan.block.value() - 1) / plan.block.value();
  ReplicaLayout whole;
  whole.kv = layout.kv;
  plan.replica_kv =
      whole_bytes(kv_footprint(model, whole).growing * real(demand.block_size.value()) * real(plan.kv_blocks));
  return plan;
}

std::string MemoryShortage::message(const LlmSpec& model, const DeviceSpec& device, const ReplicaLayout& layout) const {
  return fmt::format(
      "{} over tp = {}, pp = {} needs {:.1f} GB on each {} ({:.1f} GB of weights; the rest activations, reserve and "
      "one "
      "KV block), and {:.1f} GB are usable",
      model.name, layout.tp, layout.pp, gigabytes(needed), device.name, gigabytes(weights), gigabytes(usable));
}

}  // namespace cleave
