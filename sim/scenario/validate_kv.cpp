// Whether tiers make sense: names, media, sizes, and what their policies can do.

#include <fmt/format.h>

#include <set>
#include <string>

#include "models/units/text.h"
#include "sim/scenario/checker.h"

namespace cleave {
namespace {

void check_tier(const Checker& check, const TierParams& tier, const std::string& path) {
  if (check.catalogue.find_tier(tier.medium) == nullptr) {
    check.fail(path + ".medium", check.catalogue.unknown_name(CatalogueKind::tier, tier.medium));
  }
  if (!tier.codec.empty() && check.catalogue.find_codec(tier.codec) == nullptr) {
    check.fail(path + ".codec", check.catalogue.unknown_name(CatalogueKind::codec, tier.codec));
  }
  if (tier.low_watermark > tier.high_watermark) {
    check.fail(path + ".low_watermark",
               fmt::format("got {}, expected at most high_watermark, {}", tier.low_watermark, tier.high_watermark));
  }
  if (tier.ttl && tier.eviction != "ttl") {
    check.fail(path + ".ttl", fmt::format("eviction {} has no time to live; only ttl has", tier.eviction));
  }
  if (tier.soft_pin > Duration{0} && tier.eviction == "leaf-lru") {
    check.fail(path + ".soft_pin", "eviction leaf-lru cannot pass over a leaf: give another policy or no soft pin");
  }
  if (tier.hard_pin > Tokens{0} && tier.eviction == "leaf-lru") {
    check.fail(path + ".hard_pin", "eviction leaf-lru cannot pass over a leaf: give another policy or no hard pin");
  }
  if (tier.cxl_switch && tier.scope != TierScope::rack) {
    check.fail(path + ".cxl_switch", "a switch joins the nodes of a rack: expected scope: rack");
  }
  for (std::size_t p = 0; p < check.scenario.pools.size(); ++p) {
    const PoolParams& pool = check.scenario.pools[p];
    if (tier.chunk && tier.chunk->value() % pool.engine.block_size.value() != 0) {
      check.fail(path + ".chunk", fmt::format("got {}, expected a multiple of the block size of pool {}, {}",
                                              tier.chunk->value(), pool.name, pool.engine.block_size.value()));
      break;
    }
  }
  if (tier.distance && tier.scope != TierScope::region) {
    check.fail(path + ".distance", "only what a region shares can be in another one: expected scope: region");
  }
  if (tier.write == TierWrite::on_eviction && tier.prompts_only) {
    check.fail(path + ".prompts_only", "what memory gives up is not told apart: write: through or selective");
  }
  if (tier.write == TierWrite::on_eviction && tier.chunk) {
    check.fail(path + ".chunk", "blocks are evicted one by one: write: on_eviction keeps single blocks");
  }
}

/// Who cannot be heard in time is taken for dead while it is well.
void check_heartbeat(const Checker& check) {
  const GcParams& gc = check.scenario.kv_gc;
  const bool lease = gc.scheme == GcScheme::lease;
  const Duration limit = lease ? gc.lease : gc.holder_ttl;
  if (!gc.heartbeat) {
    if ((lease || gc.scheme == GcScheme::weighted_count) && limit / 3 <= Duration{0}) {
      check.fail(lease ? "kv_gc.lease" : "kv_gc.holder_ttl",
                 fmt::format("got {}, expected time for three heartbeats", format(limit)));
    }
    return;
  }
  if (*gc.heartbeat + check.scenario.transfer.message_latency >= limit) {
    check.fail("kv_gc.heartbeat", fmt::format("got {}, expected less than {}, {}, by more than a message takes",
                                              format(*gc.heartbeat), lease ? "lease" : "holder_ttl", format(limit)));
  }
}

/// What only follows KV is of no use to a model whose linear attention needs its state as well.
void check_states(const Checker& check) {
  for (const PoolParams& pool : check.scenario.pools) {
    const LlmSpec* model = check.catalogue.find_llm(pool.model);
    if (model == nullptr || !model->has_recurrent_state()) continue;
    if (!check.scenario.tiers.empty()) {
      check.fail("tiers",
                 fmt::format("{} has linear attention, whose state tiers do not keep: nothing could start from "
                             "KV alone; remove tiers",
                             pool.model));
    }
    if (check.scenario.transfer.decode_kv == DecodeKv::store) {
      check.fail("transfer.decode_kv", fmt::format("got store, which leaves behind the state of {}'s linear attention, "
                                                   "expected pull or drop",
                                                   pool.model));
    }
    return;
  }
}

/// What the way of loading asks of the rest.
void check_loading(const Checker& check) {
  const KvLoadParams& load = check.scenario.kv_load;
  if (load.rule == LoadRule::both && load.start == LoadStart::layerwise) {
    check.fail("kv_load.start",
               "rule both computes other tokens than it loads; layer by layer computes behind the load: "
               "got layerwise, expected routing or queue");
  }
  if (load.stop != LoadStop::wait_complete && (load.rule == LoadRule::both || load.start != LoadStart::routing)) {
    check.fail("kv_load.stop",
               "only a load from the front that begins at routing can be stopped: expected wait_complete, "
               "or start: routing with another rule than both");
  }
  if (check.scenario.tiers.empty() || (load.rule != LoadRule::both && load.start == LoadStart::routing)) return;
  for (std::size_t p = 0; p < check.scenario.pools.size(); ++p) {
    const PoolParams& pool = check.scenario.pools[p];
    if (pool.role == ReplicaRole::decode) continue;
    if (pool.engine.scheduler == SchedulerKind::static_batch) {
      check.fail(fmt::format("pools[{}].engine", p),
                 "static batches ask for no KV at a request's turn: loads have to begin at routing, with another rule "
                 "than both");
    }
    if (load.start == LoadStart::layerwise && pool.parallel.pp > 1) {
      check.fail(
          fmt::format("pools[{}].parallel.pp", p),
          fmt::format("got {}, expected 1: with kv_load.start: layerwise a step's layers are one after another on "
                      "one stage",
                      pool.parallel.pp));
    }
  }
}

}  // namespace

void check_kv(const Checker& check) {
  check_states(check);
  std::set<std::string> seen;
  for (std::size_t i = 0; i < check.scenario.tiers.size(); ++i) {
    const TierParams& tier = check.scenario.tiers[i];
    const std::string path = fmt::format("tiers[{}]", i);
    if (!seen.insert(tier.name).second) {
      check.fail(path + ".name", fmt::format("got \"{}\", which an earlier tier has; names are unique", tier.name));
    }
    check_tier(check, tier, path);
  }
  check_heartbeat(check);
  check_loading(check);
}

}  // namespace cleave
