#include "sim/app/kv_facts.h"

#include <array>
#include <string_view>

#include "sim/scenario/describe_kv.h"

namespace cleave {
namespace {

template <class Number>
double real(Number number) {
  return static_cast<double>(number);
}

constexpr std::array<std::string_view, kKvStates> kStateNames{"active", "idle",     "in_flight",
                                                              "leased", "orphaned", "free"};

std::vector<NumberFact> by_state(const std::array<double, kKvStates>& byte_seconds) {
  std::vector<NumberFact> out;
  for (std::size_t s = 0; s < kKvStates; ++s) out.push_back({std::string(kStateNames[s]), byte_seconds[s]});
  return out;
}

std::vector<NumberFact> index_facts(const IndexOutcome& o, Duration simulated) {
  const double decisions = std::max(1.0, real(o.decisions));
  return {{"decisions", real(o.decisions)},
          {"staleness_mean_s", real(o.staleness_ns) * 1e-9 / decisions},
          {"believed_tokens", real(o.believed_tokens)},
          {"true_tokens", real(o.true_tokens)},
          {"false_hits", real(o.false_hits)},
          {"false_hit_tokens", real(o.false_hit_tokens)},
          {"missed_hits", real(o.missed_hits)},
          {"missed_hit_tokens", real(o.missed_hit_tokens)},
          {"wasted_prefill_tokens", real(o.wasted_prefill_tokens)},
          {"event_bytes", real(o.index.event_bytes)},
          {"event_bytes_per_s", simulated > Duration{0} ? real(o.index.event_bytes) / to_seconds(simulated) : 0.0},
          {"blocks_stored", real(o.index.blocks_stored)},
          {"blocks_removed", real(o.index.blocks_removed)},
          {"batches", real(o.index.batches)},
          {"batches_lost", real(o.index.batches_lost)},
          {"resyncs", real(o.index.resyncs)},
          {"resync_bytes", real(o.index.resync_bytes)},
          {"guesses", real(o.index.guesses)},
          {"guesses_expired", real(o.index.guesses_expired)}};
}

StorageFacts tier_facts(const TierOutcome& tier) {
  const TierCounters& c = tier.counters;
  StorageFacts facts;
  facts.name = tier.name;
  facts.medium = tier.medium;
  facts.numbers = {{"instances", real(tier.instances)},
                   {"capacity_bytes", real(tier.capacity.value())},
                   {"object_bytes", real(tier.object.value())},
                   {"lookups", real(c.lookups)},
                   {"hits", real(c.hits)},
                   {"hit_ratio", c.lookups > 0 ? real(c.hits) / real(c.lookups) : 0.0},
                   {"tokens_loaded", real(tier.tokens_loaded)},
                   {"read_bytes", real(tier.bytes_read)},
                   {"written_bytes", real(tier.bytes_written)},
                   {"objects_read", real(c.read)},
                   {"objects_written", real(c.written)},
                   {"objects_offered_again", real(c.duplicates)},
                   {"objects_refused", real(c.refused)},
                   {"objects_evicted", real(c.evicted)},
                   {"puts_revoked", real(c.revoked)},
                   {"zombies", real(c.zombies)},
                   {"zombies_preempted", real(c.zombies_preempted)},
                   {"zombies_reclaimed", real(c.zombies_reclaimed)},
                   {"torn_reads", real(c.torn_reads)},
                   {"premature_reads", real(c.premature_reads)},
                   {"stale_reads", real(c.stale_reads)},
                   {"expired_reads", real(c.expired_reads)},
                   {"objects_freed_while_read", real(c.freed_while_read)},
                   {"undetected_reads", real(c.undetected)},
                   {"access_fees_usd", tier.access_fees.value()}};
  if (tier.rent) facts.numbers.push_back({"rent_usd", tier.rent->value()});
  facts.byte_seconds = by_state(tier.byte_seconds);
  return facts;
}

/// Claims, and objects of tiers that went while they were read.
GcFacts gc_facts(const RunOutcome& outcome, const Simulation& simulation, Duration simulated) {
  const GcOutcome& gc = outcome.gc;
  const GcCounters& c = gc.counters;
  std::uint64_t freed_while_read = 0;
  for (const TierOutcome& tier : outcome.tiers) freed_while_read += tier.counters.freed_while_read;
  const double seconds = to_seconds(simulated);
  GcFacts facts;
  facts.scheme = name_of(simulation.scenario().kv_gc.scheme);
  facts.numbers = {{"claims", real(c.taken)},
                   {"claims_freed", real(c.freed)},
                   {"claims_orphaned", real(c.orphaned)},
                   {"claims_died_with_keeper", real(c.died_with_keeper)},
                   {"claims_unreclaimed", real(gc.unreclaimed)},
                   {"premature_frees", real(c.premature_frees)},
                   {"objects_freed_while_read", real(freed_while_read)},
                   {"handoffs_reclaimed", real(outcome.cluster.handoffs_reclaimed)},
                   {"reads_undetected", real(outcome.cluster.reads_undetected)},
                   {"leaked_byte_seconds", gc.leaked_byte_seconds},
                   {"orphaned_bytes", real(gc.orphaned_bytes.value())},
                   {"peak_orphaned_bytes", real(gc.peak_orphaned_bytes.value())},
                   {"metadata_messages", real(c.messages)},
                   {"metadata_messages_per_s", seconds > 0 ? real(c.messages) / seconds : 0.0},
                   {"notices_lost", real(c.notices_lost)}};
  facts.reclaim = gc.reclaim.distribution();
  return facts;
}

}  // namespace

void add_kv_facts(RunFacts& facts, const RunOutcome& outcome, const Simulation& simulation) {
  if (outcome.index.decisions > 0) facts.prefix_index = index_facts(outcome.index, facts.simulated);
  for (std::size_t p = 0; p < outcome.memory.size(); ++p) {
    if (simulation.pools()[p].kv_blocks) {
      facts.storage.push_back(
          {simulation.pools()[p].params->name, "accelerator memory", {}, by_state(outcome.memory[p])});
    }
  }
  for (const TierOutcome& tier : outcome.tiers) facts.storage.push_back(tier_facts(tier));
  if (outcome.gc.counters.taken > 0) facts.gc = gc_facts(outcome, simulation, facts.simulated);
  const ClusterCounters& c = outcome.cluster;
  if (outcome.tiers.empty()) return;
  facts.counters.push_back({"tier_loads", c.tier_loads});
  facts.counters.push_back({"tier_loads_stopped", c.tier_loads_stopped});
  facts.counters.push_back({"tier_loads_without_room", c.tier_loads_without_room});
  facts.counters.push_back({"tier_hits_computed", c.tier_hits_computed});
  facts.counters.push_back({"unusable_loads", c.unusable_loads});
}

}  // namespace cleave
