#pragma once
// Pools resolved against the catalogue: devices, models, memory, prices and cost models of every replica.

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "models/arch/layout.h"
#include "models/arch/llm_spec.h"
#include "models/cost/memory_plan.h"
#include "models/cost/price_tally.h"
#include "models/cost/step_cost.h"
#include "models/hardware/device.h"
#include "sim/scenario/catalogue.h"
#include "sim/scenario/scenario.h"

namespace cleave {

/// One pool with everything derived from it. Borrows from the catalogue and the scenario.
struct PoolPlan {
  const PoolParams* params = nullptr;
  const DeviceSpec* device = nullptr;
  const LlmSpec* model = nullptr;
  ReplicaLayout layout;
  std::optional<MemoryPlan> memory;       // absent when the KV's size is given and the weights do not fit: studies
  std::optional<std::int64_t> kv_blocks;  // of one replica; nullopt: unlimited
  std::int64_t state_blocks = 0;          // of those, held by each sequence whatever its length
  std::int64_t kept_state_blocks = 0;     // of those, for a state of linear attention that is kept to be found again
  std::optional<UsdPerHour> price;        // of one accelerator
  std::unique_ptr<StepCostModel> cost;
  const PriceTally* prices = nullptr;  // the same, as what it was priced by
  double kv_bytes_per_token = 0;     // of the whole model: what a hand-off moves
  double kv_bytes_per_sequence = 0;  // constant state moved with it
  std::uint64_t key_root = 0;
  ReplicaId first_replica;  // its replicas are numbered from here

  [[nodiscard]] std::uint32_t accelerators() const { return layout.accelerators(); }

  /// Pipeline stages whose overlap the engine must play out. On-chip memory: the price of a step has it already.
  [[nodiscard]] std::uint32_t stages() const { return device->sram ? 1 : params->parallel.pp; }

  /// As the scenario says; on-chip memory holds a request's KV up to its last token from the start, as nothing that is
  /// evicted there has anywhere to go.
  [[nodiscard]] EngineParams engine() const {
    EngineParams engine = params->engine;
    if (device->sram) engine.reserve = KvReservation::output;
    return engine;
  }
};

/// Shape: one plan a pool, in the scenario's order.
/// Errors: ConfigError when a name is not in the catalogue or the weights do not fit (the scenario reader reports both
/// with their place first; this guards scenarios built in code).
[[nodiscard]] std::vector<PoolPlan> plan_pools(const Scenario& scenario, const Catalogue& catalogue);

}  // namespace cleave
