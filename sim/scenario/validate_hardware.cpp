// Whether the catalogue has what the pools name, and whether the models fit it.

#include <fmt/format.h>

#include <set>
#include <string>
#include <variant>

#include "models/arch/parameters.h"
#include "models/sram/replica_memory.h"
#include "sim/scenario/checker.h"
#include "sim/scenario/param_names.h"
#include "sim/scenario/pool_layout.h"

namespace cleave {
namespace {

/// Where a pool's model was written: in the pool, or for the whole scenario.
std::string model_path(const Checker& check, std::size_t pool) {
  std::string path = fmt::format("pools[{}].model", pool);
  return find_node(check.tree, path) != nullptr ? path : "model";
}

/// What prices a step must know what the deployment chose, and the device must have it.
void check_kernels(const Checker& check, std::size_t index, const DeviceSpec& device) {
  const PoolParams& pool = check.scenario.pools[index];
  const EngineKernels kernels = kernels_of(pool);
  const auto fail = [&](const char* key, std::string_view value, std::string_view message) {
    check.fail(fmt::format("pools[{}].{}", index, key), fmt::format("got {}, {}", value, message));
  };
  const bool calibrated = pool.cost != "roofline" && !device.sram;
  const std::string_view unknown =
      "which only the cost model `calibrated` of accelerators with memory of their own knows";
  if (kernels.attention != AttentionBackend::tables && !calibrated) {
    fail("engine.attention_backend", name_of(kernels.attention), unknown);
  } else if (const auto problem = attention_problem(kernels.attention, device)) {
    fail("engine.attention_backend", name_of(kernels.attention), "but " + *problem);
  }
  if (kernels.graphs != GraphMode::full_and_piecewise && !calibrated) {
    fail("engine.cudagraph_mode", name_of(kernels.graphs), unknown);
  }
  if (kernels.experts != MoeBackend::tables && !calibrated) {
    fail("engine.moe_backend", name_of(kernels.experts), unknown);
  } else if (const LlmSpec* model = check.catalogue.find_llm(pool.model)) {
    if (const auto problem = experts_problem(pool, *model, device, check.catalogue.hardware_folder())) {
      fail("engine.moe_backend", name_of(kernels.experts), "but " + *problem);
    }
  }
  if (kernels.fused_reduce && !calibrated) {
    fail("engine.fuse_allreduce_rms", "true", unknown);
  } else if (const auto problem = fusion_problem(kernels.fused_reduce, device)) {
    fail("engine.fuse_allreduce_rms", "true", "but " + *problem);
  }
  if (kernels.peers != PeerAccess::direct && !calibrated) {
    fail("peer_access", name_of(kernels.peers), unknown);
  } else if (const auto problem = peer_problem(kernels.peers, device)) {
    fail("peer_access", name_of(kernels.peers), "but " + *problem);
  }
}

void check_fit(const Checker& check, std::size_t index, const LlmSpec& model, const DeviceSpec& device) {
  const PoolParams& pool = check.scenario.pools[index];
  if (pool.parallel.pp > model.layer_count()) {
    check.fail(
        fmt::format("pools[{}].parallel.pp", index),
        fmt::format("got {}, expected at most the {} layers of {}", pool.parallel.pp, model.layer_count(), model.name));
    return;
  }
  const auto layout = layout_of(pool);
  if (!layout) return;  // refused when it was read
  if (const auto problem = layout_problem(model, *layout)) {
    check.fail(fmt::format("pools[{}].parallel.tp", index),
               fmt::format("got {}, which {} rules out: {}", pool.parallel.tp, model.name, *problem));
    return;
  }
  if (pool.cost == "roofline" && layout->kv_groups() > 1) {
    check.fail(fmt::format("pools[{}].cost", index),
               "got roofline, which knows neither dp_attention nor cp, expected calibrated");
    return;
  }
  if (pool.kv_spill && !device.sram) {
    check.fail(fmt::format("pools[{}].kv_spill", index),
               fmt::format("{} has no on-chip memory that could overflow into the host's; see `tiers`", device.name));
  }
  // The user may override what memory allows, but weights must be on the chip where there is nothing else.
  if ((pool.engine.unlimited_kv || pool.engine.kv_blocks) && !device.sram) return;
  const MemoryDemand demand{pool.engine.gpu_memory_utilization, pool.engine.max_num_batched_tokens,
                            pool.engine.max_num_seqs, pool.engine.block_size};
  const auto plan = plan_replica_memory(model, device, *layout, demand, pool.kv_spill);
  if (const auto* shortage = std::get_if<MemoryShortage>(&plan)) {
    check.fail(fmt::format("pools[{}]", index), shortage->message(model, device, *layout));
  }
}

}  // namespace

void check_hardware(const Checker& check) {
  std::set<std::string> reported;  // the scenario's model once, not for each pool
  for (std::size_t i = 0; i < check.scenario.pools.size(); ++i) {
    const PoolParams& pool = check.scenario.pools[i];
    const LlmSpec* model = check.catalogue.find_llm(pool.model);
    const DeviceSpec* device = check.catalogue.find_device(pool.hardware);
    if (model == nullptr && reported.insert(model_path(check, i)).second) {
      check.fail(model_path(check, i), check.catalogue.unknown_name(CatalogueKind::llm, pool.model));
    }
    if (device == nullptr) {
      check.fail(fmt::format("pools[{}].hardware", i),
                 check.catalogue.unknown_name(CatalogueKind::hardware, pool.hardware));
    }
    if (device != nullptr) check_kernels(check, i, *device);
    if (model != nullptr && device != nullptr) check_fit(check, i, *model, *device);
  }
}

}  // namespace cleave
