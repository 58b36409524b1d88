#include "sim/app/kv_facts.h"

#include <algorithm>
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
GcFacts gc_facts(const RunOutcome& outcome, const Simulation& simulation) {
  const GcOutcome& gc = outcome.gc;
  const GcCounters& c = gc.counters;
  std::uint64_t freed_while_read = 0;
  for (const TierOutcome& tier : outcome.tiers) freed_while_read += tier.counters.freed_while_read;
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
                   {"metadata_messages_per_s", gc.messages_per_s()},
                   {"notices_lost", real(c.notices_lost)}};
  facts.reclaim = gc.reclaim.distribution();
  return facts;
}

std::vector<NumberFact> federation_facts(const FederationOutcome& o) {
  const FederationCounters& c = o.counters;
  std::vector<NumberFact> facts;
  if (o.has_regions) {
    facts = {{"routed_home", real(c.routed_home)},
             {"routed_away", real(c.routed_away)},
             {"questions", real(c.questions)},
             {"question_messages", real(c.question_messages)},
             {"directory_bytes", real(o.directory_bytes)}};
  }
  facts.insert(facts.end(), {{"fetches", real(c.fetches)},
                             {"fetches_across", real(c.fetches_across)},
                             {"fetches_refused", real(c.fetches_refused)},
                             {"fetches_without_room", real(c.fetches_without_room)},
                             {"fetched_tokens", real(c.fetched_tokens)},
                             {"fetched_across_tokens", real(c.fetched_across_tokens)}});
  double wan_bytes = 0;
  for (const WanLinkOutcome& link : o.links) wan_bytes += link.bytes;
  if (o.has_regions) facts.push_back({"wan_bytes", wan_bytes});
  if (!o.has_sides) return facts;
  const double decisions = std::max(1.0, real(c.computed_local + c.computed_remote));
  facts.insert(facts.end(), {{"computed_local", real(c.computed_local)},
                             {"computed_remote", real(c.computed_remote)},
                             {"remote_ratio", real(c.computed_remote) / decisions},
                             {"threshold_mean_tokens", c.threshold_sum / decisions},
                             {"threshold_max_tokens", c.threshold_max}});
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
  if (outcome.gc.counters.taken > 0) facts.gc = gc_facts(outcome, simulation);
  const FederationOutcome& federation = outcome.federation;
  if (federation.has_regions || federation.has_sides) facts.federation = federation_facts(federation);
  for (const WanLinkOutcome& link : federation.links) {
    facts.wan_links.push_back({link.from, link.to, link.flows, link.bytes, link.peak_utilisation});
  }
  const ClusterCounters& c = outcome.cluster;
  if (outcome.tiers.empty()) return;
  facts.counters.push_back({"tier_loads", c.tier_loads});
  facts.counters.push_back({"tier_loads_stopped", c.tier_loads_stopped});
  facts.counters.push_back({"tier_loads_without_room", c.tier_loads_without_room});
  facts.counters.push_back({"tier_hits_computed", c.tier_hits_computed});
  facts.counters.push_back({"unusable_loads", c.unusable_loads});
  facts.counters.push_back({"tier_loads_with_step", c.tier_loads_with_step});
  facts.counters.push_back({"tier_loads_from_back", c.tier_loads_from_back});
  facts.counters.push_back({"tokens_met", static_cast<std::uint64_t>(c.tokens_met)});
  facts.counters.push_back({"load_stall_us", static_cast<std::uint64_t>(c.load_stall / std::chrono::microseconds{1})});
}

}  // namespace cleave
