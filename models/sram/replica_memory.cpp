#include "models/sram/replica_memory.h"

#include <algorithm>
#include <cmath>

namespace cleave {
namespace {

Bytes whole(double bytes) {
  return Bytes{std::llround(bytes)};
}

std::variant<MemoryPlan, MemoryShortage> plan_on_chip(const LlmSpec& model, const DeviceSpec& device,
                                                      const ReplicaLayout& layout, const MemoryDemand& demand,
                                                      std::optional<Bytes> spill) {
  const auto planned = plan_sram(model, device, layout);
  const double ranks = layout.tp;
  if (const auto* shortage = std::get_if<SramShortage>(&planned)) {
    const Bytes weights = whole(shortage->weight_bytes / ranks);
    return MemoryShortage{weights, whole(shortage->usable_bytes / ranks), weights};
  }
  const auto& sram = std::get<SramPlan>(planned);
  const auto block_tokens = static_cast<double>(demand.block_size.value());
  double fullest = 0;
  double widest = 0;
  for (const SramStage& stage : sram.stages) {
    fullest = std::max(fullest, stage.weight_bytes);
    widest = std::max(widest, stage.kv_bytes_per_token);
  }
  const double on_host = spill ? static_cast<double>(spill->value()) / sram.kv_bytes_per_token : 0.0;
  MemoryPlan plan;
  plan.usable = whole(sram.usable_bytes / ranks);
  plan.weights = whole(fullest / ranks);
  plan.kv = plan.usable - plan.weights;
  plan.block = Bytes{static_cast<std::int64_t>(std::ceil(widest * block_tokens / ranks))};
  plan.kv_blocks = static_cast<std::int64_t>((static_cast<double>(sram.kv_tokens) + on_host) / block_tokens);
  plan.state_per_sequence = whole(sram.state_bytes / ranks);
  plan.state_blocks_per_sequence = (plan.state_per_sequence.value() + plan.block.value() - 1) / plan.block.value();
  plan.replica_kv = whole(static_cast<double>(plan.kv_blocks) * block_tokens * sram.kv_bytes_per_token);
  return plan;
}

}  // namespace

std::variant<MemoryPlan, MemoryShortage> plan_replica_memory(const LlmSpec& model, const DeviceSpec& device,
                                                             const ReplicaLayout& layout, const MemoryDemand& demand,
                                                             std::optional<Bytes> spill) {
  if (device.sram) return plan_on_chip(model, device, layout, demand, spill);
  return plan_memory(model, device, layout, demand);
}

}  // namespace cleave
