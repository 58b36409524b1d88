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
  for (std::size_t p = 0; p < check.scenario.pools.size(); ++p) {
    const PoolParams& pool = check.scenario.pools[p];
    if (tier.chunk && tier.chunk->value() % pool.engine.block_size.value() != 0) {
      check.fail(path + ".chunk", fmt::format("got {}, expected a multiple of the block size of pool {}, {}",
                                              tier.chunk->value(), pool.name, pool.engine.block_size.value()));
      break;
    }
  }
  if (tier.write == TierWrite::on_eviction && tier.chunk) {
    check.fail(path + ".chunk", "blocks are evicted one by one: write: on_eviction keeps single blocks");
  }
}

/// Who cannot be heard in time is taken for dead while it is well.
void check_heartbeat(const Checker& check) {
  const GcParams& gc = check.scenario.kv_gc;
  if (!gc.heartbeat) return;
  const bool lease = gc.scheme == GcScheme::lease;
  const Duration limit = lease ? gc.lease : gc.holder_ttl;
  if (*gc.heartbeat + check.scenario.transfer.message_latency >= limit) {
    check.fail("kv_gc.heartbeat",
               fmt::format("got {}, expected less than {}, {}, by more than a message takes", format(*gc.heartbeat),
                           lease ? "lease" : "holder_ttl", format(limit)));
  }
}

}  // namespace

void check_kv(const Checker& check) {
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
}

}  // namespace cleave
