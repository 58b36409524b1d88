#pragma once
// The fields of sim/kv: prefix index, tiers, loading, consistency; and how scenarios write their enumerators.

#include "sim/kv/eviction/policy_table.h"
#include "sim/kv/gc/params.h"
#include "sim/kv/index/params.h"
#include "sim/kv/tier/params.h"
#include "sim/scenario/names.h"
#include "sim/scenario/rule.h"

namespace cleave {

template <>
struct Alternatives<PrefixIndexParams> {
  static constexpr std::array<std::string_view, 5> names{"truth", "events", "history", "digest", "lease"};
};
template <>
struct EnumNames<Resync> {
  static constexpr std::array values{NamedValue{Resync::none, "none"}, NamedValue{Resync::replay, "replay"}};
};
template <>
struct EnumNames<TierScope> {
  static constexpr std::array values{NamedValue{TierScope::replica, "replica"}, NamedValue{TierScope::node, "node"},
                                     NamedValue{TierScope::rack, "rack"}, NamedValue{TierScope::region, "region"}};
};
template <>
struct EnumNames<TierWrite> {
  static constexpr std::array values{NamedValue{TierWrite::through, "through"},
                                     NamedValue{TierWrite::selective, "selective"},
                                     NamedValue{TierWrite::on_eviction, "on_eviction"}};
};
template <>
struct EnumNames<TierLayout> {
  static constexpr std::array values{NamedValue{TierLayout::block_first, "block_first"},
                                     NamedValue{TierLayout::layer_fused, "layer_fused"},
                                     NamedValue{TierLayout::layer_first, "layer_first"}};
};
template <>
struct EnumNames<TierSharing> {
  static constexpr std::array values{NamedValue{TierSharing::equally, "equally"},
                                     NamedValue{TierSharing::by_need, "by_need"}};
};
template <>
struct EnumNames<LoadRule> {
  static constexpr std::array values{NamedValue{LoadRule::longest_hit, "longest_hit"},
                                     NamedValue{LoadRule::cheaper, "cheaper"}, NamedValue{LoadRule::both, "both"}};
};
template <>
struct EnumNames<LoadStart> {
  static constexpr std::array values{NamedValue{LoadStart::routing, "routing"}, NamedValue{LoadStart::queue, "queue"},
                                     NamedValue{LoadStart::layerwise, "layerwise"}};
};
template <>
struct EnumNames<LoadStop> {
  static constexpr std::array values{NamedValue{LoadStop::best_effort, "best_effort"},
                                     NamedValue{LoadStop::wait_complete, "wait_complete"},
                                     NamedValue{LoadStop::timeout, "timeout"}};
};

template <>
struct EnumNames<GcScheme> {
  static constexpr std::array values{
      NamedValue{GcScheme::lease, "lease"}, NamedValue{GcScheme::local_count, "local_count"},
      NamedValue{GcScheme::weighted_count, "weighted_count"}, NamedValue{GcScheme::mark_sweep, "mark_sweep"},
      NamedValue{GcScheme::tombstone, "tombstone"}};
};

template <class V>
void describe(V&, TruthIndex&) {}
template <class V>
void describe(V& v, EventIndex& index) {
  v.field("delay", index.delay, "of an event, from its holder to the index", at_least(0));
  v.field("batch_interval", index.batch_interval, "holders collect events so long; 0 s: one batch a step", at_least(0));
  v.field("loss", index.loss, "share of batches that get lost", between(0, 1));
  v.field("resync", index.resync, "what happens when batches are missing");
  v.field("resync_delay", index.resync_delay, "from finding a gap, or a restart, to its end", at_least(0));
  v.field("shards", index.shards, "by hash of the key; each has its own feeds", between(1, 4096));
  v.field("speculative_ttl", index.speculative_ttl, "entries made at routing stand so long unless confirmed", above(0));
  v.field("restart_at", index.restart_at, "the index loses all it knew at these times", at_least(0));
}
template <class V>
void describe(V& v, HistoryIndex& index) {
  v.field("ttl", index.ttl, "what was routed is believed for so long", above(0));
  v.field("max_blocks", index.max_blocks, "most blocks of one router", at_least(1));
  v.field("prune_to", index.prune_to, "share of them that is kept when there are more", Rule{}.above(0).at_most(1));
  v.field("routers", index.routers, "how many; requests go to them in turn", between(1, 4096));
}
template <class V>
void describe(V& v, DigestIndex& index) {
  v.field("interval", index.interval, "between two filters that a holder publishes", above(0));
  v.field("delay", index.delay, "of a filter, from its holder to the index", at_least(0));
  v.field("bits_per_block", index.bits_per_block, "of the filter", Rule{}.above(0).at_most(64));
}
template <class V>
void describe(V& v, LeaseIndex& index) {
  v.field("delay", index.delay, "of an event, from its holder to the index", at_least(0));
  v.field("batch_interval", index.batch_interval, "holders collect events so long; 0 s: one batch a step", at_least(0));
  v.field("term", index.term, "what the chosen replica has of the prompt stays for so long, or until admission",
          above(0));
}

[[nodiscard]] inline std::vector<std::string_view> online_eviction_policies() {
  std::vector<std::string_view> names;
  for (const EvictionEntry& entry : eviction_policies()) {
    if (!entry.offline) names.push_back(entry.name);
  }
  return names;
}

template <class V>
void describe(V& v, TierDistance& distance) {
  v.field("rtt", distance.rtt, "round trip, paid by each access before its first byte", required().at_least(0));
  v.field("bandwidth", distance.bandwidth, "of the way there, for all together", above(0));
}
template <class V>
void describe(V& v, TierParams& tier) {
  v.field("name", tier.name, "unique among the tiers", required().not_empty());
  v.field("medium", tier.medium, "what it is made of, from the catalogue's tiers", Rule{}.not_empty());
  v.field("scope", tier.scope, "who shares one instance");
  v.field("capacity", tier.capacity, "of one instance", required().above(0));
  v.field("units", tier.units, "of the medium in one instance: their bandwidths add up", at_least(1));
  v.field("write", tier.write, "when blocks are written");
  v.field("write_after_hits", tier.write_after_hits, "write: selective waits until a block was asked for so often",
          at_least(1));
  v.field("prompts_only", tier.prompts_only, "only KV of prompts is written, none of answers");
  v.field("exclusive", tier.exclusive, "what is loaded from here leaves");
  v.field("eviction", tier.eviction, "which object goes", one_of(online_eviction_policies()));
  v.field("high_watermark", tier.high_watermark, "eviction begins above this share of the capacity",
          Rule{}.above(0).at_most(1));
  v.field("low_watermark", tier.low_watermark, "and goes down to this one", Rule{}.above(0).at_most(1));
  v.field("ttl", tier.ttl, "eviction: ttl also drops what was not read for so long", above(0));
  v.field("soft_pin", tier.soft_pin, "after it was written an object goes only if nothing else can", at_least(0));
  v.field("hard_pin", tier.hard_pin, "objects within a prompt's first so many tokens never go", at_least(0));
  v.field("codec", tier.codec, "KV is kept in this form, from the catalogue; empty: as it is");
  v.field("chunk", tier.chunk, "tokens of one object; not given: one block", at_least(1));
  v.field("layout", tier.layout, "where an object's bytes lie: in how many accesses it is read and written");
  v.field("assembles", tier.assembles, "the store gathers what is read: one answer, layer by layer one a layer");
  v.field("sharing", tier.sharing, "how loads at the same time divide what an instance reads");
  v.field("distance", tier.distance, "the tier is in another region");
  v.field("cxl_switch", tier.cxl_switch, "a rack shares it, and accelerators reach it over their host links");
}

template <class V>
void describe(V& v, KvGuards& guards) {
  v.field("two_phase", guards.two_phase, "objects are seen only when they were written to the end");
  v.field("lease", guards.lease, "what is being read is not evicted");
  v.field("validate", guards.validate, "readers check what they read");
  v.field("epoch", guards.epoch, "keys name the version of the model");
}
template <class V>
void describe(V& v, KvConsistencyParams& store) {
  v.field("guards", store.guards, "what protects readers and writers; off: to see what it prevents");
  v.field("model_changes", store.model_changes, "another version of the model from these times on", at_least(0));
  v.field("lease", store.lease, "of a read", above(0));
  v.field("put_discard", store.put_discard, "an unfinished put may be pre-empted after this time", at_least(0));
  v.field("put_release", store.put_release, "and its space is reclaimed after this time", above(0));
}
template <class V>
void describe(V& v, GcParams& gc) {
  v.field("scheme", gc.scheme, "how whoever keeps blocks learns that a holder elsewhere needs them no more");
  const auto only = [&](std::initializer_list<GcScheme> schemes) {
    Owners owners{"scheme", name_of(gc.scheme), {}};
    for (const GcScheme scheme : schemes) owners.names.push_back(name_of(scheme));
    return owners;
  };
  const Owners lease = only({GcScheme::lease});
  v.field_of(lease, "lease", gc.lease, "of a hand-off, from the last heartbeat; reads of tiers have kv_store.lease",
             above(0));
  v.field_of(only({GcScheme::lease, GcScheme::weighted_count}), "heartbeat", gc.heartbeat,
             "between two of one holder; not given: a third of the lease, or of holder_ttl", above(0));
  v.field_of(only({GcScheme::weighted_count}), "holder_ttl", gc.holder_ttl,
             "the registry takes a holder for dead that it did not hear for so long", above(0));
  v.field_of(only({GcScheme::mark_sweep}), "epoch", gc.epoch, "what goes unnamed in two of them goes", above(0));
  v.field_of(only({GcScheme::tombstone}), "grace", gc.grace, "what was given out stays for so long", above(0));
  v.field("message_loss", gc.message_loss, "share of notices, heartbeats and marks that get lost", between(0, 1));
  v.field("clock_skew", gc.clock_skew, "holders' clocks are off by up to this, either way", at_least(0));
  v.field_of(lease, "skew_margin", gc.skew_margin, "keepers wait so much longer", at_least(0));
}
template <class V>
void describe(V& v, KvLoadParams& load) {
  v.field("rule", load.rule, "what is loaded, and what is computed although it could be loaded");
  v.field("start", load.start, "when a load begins");
  v.field("stop", load.stop, "when a load ends that is not complete");
  v.field("timeout_base", load.timeout_base, "stop: timeout", at_least(0));
  v.field("timeout_per_1024_tokens", load.timeout_per_1024_tokens, "stop: timeout", at_least(0));
  v.field("min_tokens", load.min_tokens, "shorter hits are computed", at_least(0));
  v.field("batch_blocks", load.batch_blocks, "a load that may stop arrives in such pieces", at_least(1));
}

}  // namespace cleave
