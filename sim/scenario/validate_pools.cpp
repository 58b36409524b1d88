// Whether the pools can serve: names, roles, hand-offs, engines.

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string>

#include "sim/scenario/checker.h"
#include "sim/scenario/names.h"
#include "sim/scenario/param_names.h"

namespace cleave {
namespace {

std::string path_of(std::size_t pool) {
  return fmt::format("pools[{}]", pool);
}

void check_names(const Checker& check) {
  std::set<std::string> seen;
  for (std::size_t i = 0; i < check.scenario.pools.size(); ++i) {
    const std::string& name = check.scenario.pools[i].name;
    if (!seen.insert(name).second) {
      check.fail(path_of(i) + ".name", fmt::format("got \"{}\", which an earlier pool has; names are unique", name));
    }
  }
}

/// A prefill pool hands over to decode pools of its model, and these get requests from nowhere else.
void check_counterparts(const Checker& check) {
  const auto& pools = check.scenario.pools;
  for (std::size_t i = 0; i < pools.size(); ++i) {
    if (pools[i].role == ReplicaRole::mixed) continue;
    const bool prefill = pools[i].role == ReplicaRole::prefill;
    const ReplicaRole needed = prefill ? ReplicaRole::decode : ReplicaRole::prefill;
    // With a disaggregation policy mixed replicas also decode what is computed apart.
    const bool mixed_decodes = prefill && check.scenario.router.disaggregation.has_value();
    const bool found = std::any_of(pools.begin(), pools.end(), [&](const PoolParams& other) {
      const bool decodes = other.role == needed || (mixed_decodes && other.role == ReplicaRole::mixed);
      return decodes && other.model == pools[i].model;
    });
    if (found) continue;
    check.fail(path_of(i) + ".role", fmt::format("a {} pool of {} needs a {} pool of the same model{}",
                                                 name_of(pools[i].role), pools[i].model, name_of(needed),
                                                 mixed_decodes ? ", or a mixed one" : ""));
  }
}

/// Source: the checks of vllm/config/scheduler.py (verify_max_model_len and the budget of a step).
void check_engine(const Checker& check, const EngineParams& engine, const std::string& path) {
  if (engine.max_num_batched_tokens.value() < engine.max_num_seqs) {
    check.fail(path + ".max_num_batched_tokens",
               fmt::format("got {}, expected at least max_num_seqs, {}: a step computes a token for each sequence",
                           engine.max_num_batched_tokens.value(), engine.max_num_seqs));
  }
  if (!engine.enable_chunked_prefill && engine.max_num_batched_tokens < engine.max_model_len) {
    check.fail(path + ".max_num_batched_tokens",
               fmt::format("got {}, expected at least max_model_len, {}: without enable_chunked_prefill a prompt must "
                           "fit one step",
                           engine.max_num_batched_tokens.value(), engine.max_model_len.value()));
  }
  if (engine.long_prefill_token_threshold > engine.max_model_len) {
    check.fail(path + ".long_prefill_token_threshold",
               fmt::format("got {}, expected at most max_model_len, {}", engine.long_prefill_token_threshold.value(),
                           engine.max_model_len.value()));
  }
  const bool cache_aware = engine.queue_order == QueueOrder::lpm || engine.queue_order == QueueOrder::dfs_weight ||
                           engine.queue_order == QueueOrder::hrrn || engine.queue_order == QueueOrder::shortest_prefill;
  if ((cache_aware || engine.queue_order == QueueOrder::lof) && engine.scheduler != SchedulerKind::prefill_first) {
    check.fail(path + ".queue_order", fmt::format("got {}, which only scheduler prefill_first knows; expected fcfs or "
                                                  "priority",
                                                  name_of(engine.queue_order)));
  } else if (cache_aware && !engine.enable_prefix_caching) {
    check.fail(path + ".queue_order",
               fmt::format("got {}, which orders by what is cached, without enable_prefix_caching",
                           name_of(engine.queue_order)));
  } else if (engine.queue_order == QueueOrder::dfs_weight && engine.kv_layout != KvLayout::radix) {
    check.fail(path + ".queue_order", "got dfs_weight, which needs kv_layout: radix");
  }
  if (engine.reserve == KvReservation::estimate && engine.scheduler != SchedulerKind::prefill_first) {
    check.fail(path + ".reserve", "got estimate, which only scheduler prefill_first knows; expected step, prompt or output");
  }
  if (engine.decodes_first && engine.scheduler != SchedulerKind::running_first) {
    check.fail(path + ".decodes_first", "got true, which only scheduler running_first knows");
  }
  if (engine.max_loras > 0 && engine.scheduler == SchedulerKind::static_batch) {
    check.fail(path + ".max_loras",
               fmt::format("got {}, which scheduler static_batch does not know", engine.max_loras));
  }
  if (engine.speculation.draft_tokens > 0 && engine.speculation.acceptance.empty()) {
    check.fail(path + ".speculation.acceptance", "got none, expected the chance that each draft is accepted");
  }
  if (engine.unlimited_kv && engine.kv_blocks) {
    check.fail(path + ".kv_blocks", "contradicts unlimited_kv: give one of the two");
  }
}

/// Source: the checks of mamba_cache_mode "align" in vllm/config/vllm.py, validate_block_size.
void check_state_caching(const Checker& check, const PoolParams& pool, const std::string& path) {
  const LlmSpec* model = check.catalogue.find_llm(pool.model);
  const EngineParams& engine = pool.engine;
  const bool has_state = model != nullptr && model->has_recurrent_state();
  const bool cut = engine.enable_prefix_caching && engine.state_caching == StateCaching::align &&
                   engine.kv_layout == KvLayout::paged && engine.scheduler == SchedulerKind::running_first;
  if (!has_state || !cut) return;
  const auto too_small = [&](const char* key, Tokens tokens) {
    check.fail(
        path + "." + key,
        fmt::format("got {}, expected at least a block, {} tokens: state_caching: align ends steps at blocks' ends, "
                    "and a block of {} has the size of a layer's state",
                    tokens.value(), engine.block_size.value(), pool.model));
  };
  if (engine.max_num_batched_tokens < engine.block_size)
    too_small("max_num_batched_tokens", engine.max_num_batched_tokens);
  if (engine.long_prefill_token_threshold > Tokens{0} && engine.long_prefill_token_threshold < engine.block_size) {
    too_small("long_prefill_token_threshold", engine.long_prefill_token_threshold);
  }
  if (!engine.enable_chunked_prefill) {
    check.fail(path + ".enable_chunked_prefill", "got false, but state_caching: align splits prompts at blocks' ends");
  }
}

/// A priority that no engine looks at would be read and ignored.
void check_priorities(const Checker& check) {
  const auto& pools = check.scenario.pools;
  for (std::size_t i = 0; i < check.scenario.workload.classes.size(); ++i) {
    const ClassParams& cls = check.scenario.workload.classes[i];
    if (cls.priority == 0) continue;
    const bool heard = std::any_of(pools.begin(), pools.end(), [&](const PoolParams& pool) {
      return pool.model == cls.model && pool.engine.queue_order == QueueOrder::priority;
    });
    if (heard) continue;
    check.fail(fmt::format("workload.classes[{}].priority", i),
               fmt::format("got {}, which nobody looks at: no pool of {} has engine.queue_order: priority",
                           cls.priority, cls.model));
  }
}

}  // namespace

void check_pools(const Checker& check) {
  check_names(check);
  check_counterparts(check);
}

void check_engines(const Checker& check) {
  for (std::size_t i = 0; i < check.scenario.pools.size(); ++i) {
    check_engine(check, check.scenario.pools[i].engine, path_of(i) + ".engine");
    check_state_caching(check, check.scenario.pools[i], path_of(i) + ".engine");
  }
  check_priorities(check);
}

}  // namespace cleave
