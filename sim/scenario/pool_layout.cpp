#include "sim/scenario/pool_layout.h"

#include <fmt/format.h>

#include "models/arch/parameters.h"
#include "models/cost/device_calibration.h"
#include "models/cost/make_cost.h"

namespace cleave {

std::optional<ReplicaLayout> layout_of(const PoolParams& pool) {
  const auto weights = dtype_named(pool.weight_dtype);
  const auto kv = dtype_named(pool.kv_dtype);
  if (!weights || !kv) return std::nullopt;
  ReplicaLayout layout;
  layout.tp = pool.parallel.tp;
  layout.pp = pool.parallel.pp;
  layout.weights = *weights;
  layout.kv = *kv;
  layout.ep = pool.parallel.ep;
  layout.dp_attention = pool.parallel.dp_attention;
  layout.cp = pool.parallel.cp;
  layout.expert_imbalance = pool.parallel.expert_imbalance;
  return layout;
}

EngineKernels kernels_of(const PoolParams& pool) {
  return {pool.engine.attention_backend, pool.engine.cudagraph_mode, pool.peer_access,
          pool.engine.mixed_attention,   pool.engine.moe_backend,    pool.engine.fuse_allreduce_rms};
}

std::optional<std::string> experts_problem(const PoolParams& pool, const LlmSpec& model, const DeviceSpec& device,
                                           const std::filesystem::path& hardware) {
  const MoeBackend backend = pool.engine.moe_backend;
  const auto weights = dtype_named(pool.weight_dtype);
  if (backend == MoeBackend::tables || !weights) return std::nullopt;
  if (!has_experts(model)) return fmt::format("{} has no routed experts", model.name);
  if (experts_fit(shared_calibration(hardware, device)->kernels, *weights, backend) != nullptr) return std::nullopt;
  return fmt::format("no {} experts of that library were measured on {}", pool.weight_dtype, device.name);
}

std::vector<std::string_view> kv_dtype_names() {
  std::vector<std::string_view> names;
  for (const DtypeFacts& facts : kDtypes) names.push_back(facts.name);
  return names;
}

std::vector<std::string_view> cost_model_names() {
  std::vector<std::string_view> names;
  for (const CostModelEntry& entry : cost_models()) names.push_back(entry.name);
  return names;
}

}  // namespace cleave
