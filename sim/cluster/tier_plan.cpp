#include "sim/cluster/tier_plan.h"

#include <algorithm>
#include <cmath>

#include "models/transfer/descriptors.h"
#include "models/units/error.h"
#include "models/units/text.h"

namespace cleave {
namespace {

/// Pieces that one object is read or written in.
std::int64_t pieces_of(const TierPlan& plan, bool by_layer) {
  switch (plan.params->layout) {
    case TierLayout::block_first:
      return by_layer ? plan.layers : 1;
    case TierLayout::layer_fused:
      return plan.layers;
    case TierLayout::layer_first:
      return plan.layers * plan.parts;
  }
  return 1;
}

/// How long a store keeps what is read if it hears nothing; nullopt: until it does.
std::optional<Duration> read_lease(const Scenario& scenario) {
  switch (scenario.kv_gc.scheme) {
    case GcScheme::lease:
      return scenario.kv_store.lease + scenario.kv_gc.skew_margin;
    case GcScheme::tombstone:
      return scenario.kv_gc.grace;
    case GcScheme::local_count:
    case GcScheme::weighted_count:
    case GcScheme::mark_sweep:
      return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace

std::vector<TierPlan> plan_tiers(const Scenario& scenario, const std::vector<PoolPlan>& pools,
                                 const Catalogue& catalogue) {
  std::vector<TierPlan> plans;
  for (const TierParams& tier : scenario.tiers) {
    TierPlan plan;
    plan.params = &tier;
    plan.medium = &catalogue.tier(tier.medium);
    const KvShape shape = kv_shape(*pools.front().model);
    plan.layers = std::max<std::int64_t>(1, shape.layers);
    plan.parts = shape.parts;
    plan.codec = tier.codec.empty() ? nullptr : &catalogue.codec(tier.codec);
    double bytes = 0;
    for (const PoolPlan& pool : pools) {
      const Tokens object = tier.chunk.value_or(pool.params->engine.block_size);
      plan.chunk_blocks = std::max<std::int64_t>(1, object.value() / pool.params->engine.block_size.value());
      bytes = std::max(bytes, pool.kv_bytes_per_token * static_cast<double>(object.value()));
    }
    plan.raw_object = Bytes{std::llround(bytes)};
    plan.object = Bytes{std::llround(bytes / (plan.codec == nullptr ? 1.0 : plan.codec->ratio.value))};
    plan.capacity = tier.capacity.value() / std::max<std::int64_t>(1, plan.object.value());
    if (plan.capacity < 1) {
      throw ConfigError("tier " + tier.name + ": a capacity of " + format(tier.capacity) +
                        " holds not even one object of " + format(plan.object));
    }
    plans.push_back(plan);
  }
  return plans;
}

TierStages stages_of(const TierPlan& plan, TierAccess access, std::int64_t objects, bool by_layer) {
  const std::int64_t in_layers = by_layer ? plan.layers : 1;
  const std::int64_t pieces = pieces_of(plan, by_layer);
  const std::int64_t accesses = plan.params->assembles && access == TierAccess::read ? in_layers : objects * pieces;
  TierStages stages = tier_stages(*plan.medium, access, {objects * plan.object, accesses});
  stages.rate = stages.rate * static_cast<double>(plan.params->units);
  if (plan.params->distance) {
    stages.before += plan.params->distance->rtt;
    stages.rate = std::min(stages.rate, plan.params->distance->bandwidth);
  }
  if (plan.codec != nullptr) {
    const BytesPerSecond codec = (access == TierAccess::read ? plan.codec->decode : plan.codec->encode).value;
    stages.rate = std::min(stages.rate, codec / plan.codec->ratio.value);
  }
  return stages;
}

TierStoreParams store_params(const TierPlan& plan, const Scenario& scenario, Tokens block_size, std::uint64_t seed) {
  TierStoreParams params;
  params.capacity = plan.capacity;
  params.chained = plan.params->write != TierWrite::on_eviction;
  params.eviction = plan.params->eviction;
  params.high_watermark = plan.params->high_watermark;
  params.low_watermark = std::min(plan.params->low_watermark, plan.params->high_watermark);
  params.ttl = plan.params->ttl;
  params.soft_pin = plan.params->soft_pin;
  params.hard_pinned = full_blocks(plan.params->hard_pin, plan.chunk_blocks * block_size);
  params.object_tokens = plan.chunk_blocks * block_size;
  params.consistency = scenario.kv_store;
  params.read_lease = read_lease(scenario);
  params.seed = seed;
  return params;
}

}  // namespace cleave
