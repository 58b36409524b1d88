#include "sim/scenario/pool_layout.h"

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
  return {pool.engine.attention_backend, pool.engine.cudagraph_mode, pool.peer_access, pool.engine.mixed_attention,
          pool.engine.fuse_allreduce_rms};
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
