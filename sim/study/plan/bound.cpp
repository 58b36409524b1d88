#include "sim/study/plan/bound.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <nlohmann/json.hpp>

#include "sim/study/expression/json_names.h"

namespace cleave {
namespace {

double number_at(const nlohmann::ordered_json& summary, const char* name) {
  const auto* node = find_in_json(summary, name);
  return node != nullptr && node->is_number() ? node->get<double>() : 0;
}

double best_prompt_rate(const PoolPlan& pool) {
  const std::int64_t most = pool.params->engine.max_num_batched_tokens.value();
  double best = 0;
  for (std::int64_t tokens = 256; tokens <= std::max<std::int64_t>(256, most); tokens *= 2) {
    const std::array<PrefillChunk, 1> chunk{PrefillChunk{Tokens{tokens}, Tokens{0}}};
    BatchShape batch;
    batch.prefills = chunk;
    batch.scheduled_ahead = true;
    best = std::max(best, static_cast<double>(tokens) / to_seconds(pool.cost->step(batch)));
  }
  return best;
}

double best_output_rate(const PoolPlan& pool, const PilotLoad& load) {
  double best = 0;
  const double context = std::max(1.0, load.mean_context);
  double most = static_cast<double>(pool.params->engine.max_num_seqs);
  if (pool.kv_blocks) {
    most = std::min(most, static_cast<double>(*pool.kv_blocks * pool.params->engine.block_size.value()) / context);
  }
  for (double sequences = 1; sequences <= std::max(1.0, most); sequences = std::ceil(sequences * 1.25)) {
    BatchShape batch;
    batch.decodes = static_cast<std::int64_t>(sequences);
    batch.decode_context = Tokens{static_cast<std::int64_t>(sequences * context)};
    batch.scheduled_ahead = true;
    const double step = to_seconds(pool.cost->step(batch));
    if (load.tpot_limit > 0 && step > load.tpot_limit) break;
    best = std::max(best, sequences / step);
  }
  return best;
}

}  // namespace

PilotLoad pilot_load(const std::string& summary_text, const Scenario& scenario) {
  const auto summary = nlohmann::ordered_json::parse(summary_text);
  PilotLoad load;
  const double seconds = number_at(summary, "window.last_arrival_s");
  const double requests = number_at(summary, "requests.arrived");
  if (seconds <= 0 || requests <= 0) return load;
  const double cached = number_at(summary, "tokens.hit_prompt_kv") + number_at(summary, "tokens.hit_decode_kv");
  load.prompt_tokens = std::max(0.0, number_at(summary, "tokens.input") - cached) / seconds;
  load.output_tokens = number_at(summary, "tokens.output_requested") / seconds;
  load.mean_context = number_at(summary, "tokens.input") / requests + load.output_tokens * seconds / requests / 2;
  bool all = true;
  for (const ClassParams& cls : scenario.workload.classes) {
    if (!cls.slo.tpot) all = false;
    if (cls.slo.tpot) load.tpot_limit = std::max(load.tpot_limit, to_seconds(*cls.slo.tpot));
  }
  if (!all) load.tpot_limit = 0;
  return load;
}

ReplicaCapacity capacity_of(const PoolPlan& pool, const PilotLoad& load) {
  const auto stages = static_cast<double>(pool.params->parallel.pp);  // as many batches are in flight at best
  return {stages * best_prompt_rate(pool), stages * best_output_rate(pool, load)};
}

Counts bound_of(const PlanOption& option, const std::vector<ReplicaCapacity>& capacities, const PilotLoad& load) {
  Counts bound;
  for (std::size_t i = 0; i < option.pools.size(); ++i) {
    const PlanChoice& choice = option.pools[i];
    const auto alike = std::count_if(option.pools.begin(), option.pools.end(), [&](const PlanChoice& other) {
      return other.role == choice.role || other.role == "mixed" || choice.role == "mixed";
    });
    const bool decodes = choice.role != "prefill";
    if (alike > 1) {
      bound.push_back(1);
    } else if (decodes && capacities[i].output_tokens <= 0) {
      bound.push_back(kNoReplicas);  // no batch meets the TPOT limit
    } else {
      double needed = decodes ? load.output_tokens / capacities[i].output_tokens : 0;
      if (choice.role != "decode") needed += load.prompt_tokens / capacities[i].prompt_tokens;
      bound.push_back(static_cast<std::uint32_t>(std::clamp(std::ceil(kSafeShare * needed), 1.0, 1e9)));
    }
  }
  return bound;
}

}  // namespace cleave
