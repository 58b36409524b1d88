#include "sim/cluster/fleet.h"

#include <cmath>
#include <functional>
#include <string>
#include <variant>

#include "models/arch/kv_footprint.h"
#include "models/cost/make_cost.h"
#include "models/sram/replica_memory.h"
#include "models/sram/sram_cost.h"
#include "models/units/error.h"
#include "sim/scenario/pool_layout.h"

namespace cleave {
namespace {

/// A stable 64-bit name space: equal text, equal root, on every machine.
std::uint64_t fnv1a(const std::string& text) {
  std::uint64_t hash = 14695981039346656037ULL;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  return hash;
}

ReplicaLayout layout_or_throw(const PoolParams& pool) {
  if (const auto layout = layout_of(pool)) return *layout;
  throw ConfigError("pool " + pool.name + ": unknown weight_dtype '" + pool.weight_dtype + "' or kv_dtype '" +
                    pool.kv_dtype + "'");
}

/// Linear attention's part of what a sequence holds whatever its length, in blocks.
std::int64_t kept_state_blocks(const LlmSpec& model, const ReplicaLayout& layout, const MemoryPlan& memory) {
  const KvFootprint kv = kv_footprint(model, layout);
  if (kv.recurrent <= 0) return 0;
  const double bytes = static_cast<double>(memory.state_per_sequence.value()) * kv.recurrent / (kv.windowed + kv.state);
  return static_cast<std::int64_t>(std::ceil(bytes / static_cast<double>(memory.block.value())));
}

void size_memory(PoolPlan& plan) {
  const PoolParams& pool = *plan.params;
  const MemoryDemand demand{pool.engine.gpu_memory_utilization, pool.engine.max_num_batched_tokens,
                            pool.engine.max_num_seqs, pool.engine.block_size};
  const auto sized = plan_replica_memory(*plan.model, *plan.device, plan.layout, demand, pool.kv_spill);
  if (const auto* memory = std::get_if<MemoryPlan>(&sized)) {
    plan.memory = *memory;
    plan.kv_blocks = memory->kv_blocks;
    plan.state_blocks = memory->state_blocks_per_sequence;
    plan.kept_state_blocks = kept_state_blocks(*plan.model, plan.layout, *memory);
  } else if (!pool.engine.unlimited_kv && !pool.engine.kv_blocks) {
    throw ConfigError("pool " + pool.name + ": " +
                      std::get<MemoryShortage>(sized).message(*plan.model, *plan.device, plan.layout));
  }
  if (pool.engine.kv_blocks) plan.kv_blocks = pool.engine.kv_blocks;
  if (pool.engine.unlimited_kv) plan.kv_blocks.reset();
}

std::unique_ptr<ExplainedCost> on_chip_cost(const PoolPlan& plan) {
  const auto sram = plan_sram(*plan.model, *plan.device, plan.layout);
  if (const auto* shortage = std::get_if<SramShortage>(&sram)) {
    throw ConfigError("pool " + plan.params->name + ": " +
                      shortage->message(*plan.model, *plan.device, plan.layout));
  }
  return make_sram_cost(*plan.model, *plan.device, plan.layout, std::get<SramPlan>(sram));
}

}  // namespace

std::vector<PoolPlan> plan_pools(const Scenario& scenario, const Catalogue& catalogue) {
  std::vector<PoolPlan> plans;
  std::size_t first = 0;
  for (const PoolParams& pool : scenario.pools) {
    PoolPlan plan;
    plan.params = &pool;
    plan.device = &catalogue.device(pool.hardware);
    plan.model = &catalogue.llm(pool.model.empty() ? scenario.model : pool.model);
    plan.layout = layout_or_throw(pool);
    size_memory(plan);
    if (pool.price)
      plan.price = pool.price;
    else if (plan.device->price)
      plan.price = plan.device->price->value;
    auto prices = std::make_unique<PriceTally>(plan.device->sram
                                                   ? on_chip_cost(plan)
                                                   : make_step_cost(pool.cost, *plan.model, *plan.device, plan.layout,
                                                                    catalogue.hardware_folder(), kernels_of(pool)));
    plan.prices = prices.get();
    plan.cost = std::move(prices);
    const KvFootprint whole = kv_footprint(*plan.model, {1, 1, plan.layout.weights, plan.layout.kv});
    plan.kv_bytes_per_token = whole.growing;
    plan.kv_bytes_per_sequence = static_cast<double>(whole.constant().value());
    plan.key_root = fnv1a(plan.model->name + "/" + pool.kv_dtype);
    plan.first_replica = ReplicaId{first};
    first += pool.replicas;
    plans.push_back(std::move(plan));
  }
  return plans;
}

}  // namespace cleave
