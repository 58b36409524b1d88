#pragma once
// Memory of a replica on any device: in memory beside the chip, or on it.

#include <optional>
#include <variant>

#include "models/cost/memory_plan.h"
#include "models/sram/sram_plan.h"

namespace cleave {

/// As plan_memory; for devices with on-chip memory by plan_sram, where buffers stand for activations. `spill`: host
/// memory of one replica that takes further KV; for those devices only.
/// Errors: none; a shortage is an answer.
[[nodiscard]] std::variant<MemoryPlan, MemoryShortage> plan_replica_memory(const LlmSpec& model,
                                                                           const DeviceSpec& device,
                                                                           const ReplicaLayout& layout,
                                                                           const MemoryDemand& demand,
                                                                           std::optional<Bytes> spill);

}  // namespace cleave
