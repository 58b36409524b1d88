#pragma once
// Tiers resolved against the catalogue.

#include <cstdint>
#include <optional>
#include <vector>

#include "models/hardware/tier.h"
#include "models/tier/tier_cost.h"
#include "models/transfer/protocol.h"
#include "sim/cluster/fleet.h"
#include "sim/kv/tier/tier_store.h"
#include "sim/scenario/catalogue.h"
#include "sim/scenario/scenario.h"

namespace cleave {

/// One tier with what follows from it. Borrows from the catalogue and the scenario.
struct TierPlan {
  const TierParams* params = nullptr;
  const TierSpec* medium = nullptr;
  const CodecSpec* codec = nullptr;  // nullptr: kept as it is
  std::int64_t chunk_blocks = 1;     // blocks of one object
  std::int64_t layers = 1;           // of the model that keep KV
  std::int64_t parts = 2;            // keys and values; 1 for a joint entry
  Bytes object;                      // as it is kept
  Bytes raw_object;                  // before the codec
  std::int64_t capacity = 0;         // objects of one instance
};

/// Shape: one plan a tier, in the scenario's order. Objects have the size of the pools' largest KV.
/// Errors: ConfigError when a name is not in the catalogue, or an instance holds not even one object.
[[nodiscard]] std::vector<TierPlan> plan_tiers(const Scenario& scenario, const std::vector<PoolPlan>& pools,
                                               const Catalogue& catalogue);

/// Time before the first byte, and the rate, of an access to so many objects, the codec and the way to another region
/// included. `by_layer`: all objects' first layers, then their second ones, and so on.
[[nodiscard]] TierStages stages_of(const TierPlan& plan, TierAccess access, std::int64_t objects, bool by_layer);

/// What a store is made of.
[[nodiscard]] TierStoreParams store_params(const TierPlan& plan, const Scenario& scenario, Tokens block_size,
                                           std::uint64_t seed);

}  // namespace cleave
