// What regions know of each other, and on which side of a federation or a split a prompt is computed.
#include <algorithm>

#include "models/units/check.h"
#include "sim/cluster/cluster.h"
#include "sim/cluster/prefixes.h"

namespace cleave {

/// Of a control message between two replicas.
Duration Cluster::message_delay(ReplicaId a, ReplicaId b) const {
  return scenario_.transfer.message_latency + regions_.one_way(region_of(a), region_of(b));
}

// --- asking a directory ------------------------------------------------------------------------------------------

/// Asks who else has the prompt's prefix, if that could pay, and routes when all answers are back.
void Cluster::look_up(LiveId id) {
  LiveRequest& live = *live_.find(id);
  const auto choices = candidates(live, false);
  if (!directory_ || !caches_ || choices.empty()) return route(id);
  const Prefixes prefixes{*this, live};
  Tokens at_home{0};
  for (const ReplicaId candidate : choices) {
    if (region_of(candidate) == live.home) at_home = std::max(at_home, prefixes.matched(candidate).value);
  }
  if (live.request.input - at_home < scenario_.federation.ask_from) return route(id);
  const Tokens block_size = site(choices.front()).replica->engine().block_size;
  const std::vector<RegionId> asked = directory_->asks(live.home, Prefixes::reusable(live, block_size));
  if (asked.empty()) return route(id);
  live.elsewhere.assign(sites_.size(), 0);
  live.answered_at.assign(regions_.count(), kernel_.now());
  ++federation_.questions;
  Duration longest{};
  for (const RegionId region : asked) {
    longest = std::max(longest, regions_.rtt(live.home, region));
    if (region == live.home) {
      ask_region(id, region);
      continue;
    }
    federation_.question_messages += 2;
    after(regions_.one_way(live.home, region), Phase::decision, [this, id, region] {
      if (live_.find(id) != nullptr) ask_region(id, region);
    });
  }
  if (longest == Duration{0}) return route(id);
  after(longest, Phase::decision, [this, id] {
    if (live_.find(id) != nullptr) route(id);
  });
}

/// The question has reached `asked`.
void Cluster::ask_region(LiveId id, RegionId asked) {
  LiveRequest& live = *live_.find(id);
  sync_replicas();
  const Tokens block_size = sites_.front().replica->engine().block_size;
  directory_->answer(asked, {Prefixes::reusable(live, block_size), live.request.id.value(), kernel_.now()},
                     live.elsewhere);
  live.answered_at[asked.index()] = kernel_.now();
}

// --- loads of other regions --------------------------------------------------------------------------------------

/// Every region tells all others the load of its replicas, and again after the interval for as long as there is work.
void Cluster::report_to_regions() {
  const Duration interval = scenario_.federation.report_interval;
  wan_.close_window(interval);
  Duration farthest{};
  for (std::size_t a = 0; a < regions_.count(); ++a) {
    for (std::size_t b = 0; b < a; ++b) farthest = std::max(farthest, regions_.one_way(RegionId{a}, RegionId{b}));
  }
  for (Site& at : sites_) {
    // The second one is everywhere: nobody reads the first any more.
    while (at.reports.size() > 1 && at.reports[1].as_of + farthest <= kernel_.now()) at.reports.pop_front();
    at.reports.push_back({load_of(at), kernel_.now()});
  }
  observe_again(interval, Phase::decision, [this] { report_to_regions(); });
}

/// The last report that has arrived in `home`; before the first an idle replica.
Observed<ReplicaLoad> Cluster::load_seen_from(RegionId home, Site& at) {
  if (at.place.region != home) {
    const Duration way = regions_.one_way(home, at.place.region);
    for (auto report = at.reports.rbegin(); report != at.reports.rend(); ++report) {
      if (report->as_of + way <= kernel_.now()) return *report;
    }
    return {{}, kStartOfTime};
  }
  if (at.reported) return {*at.reported, at.reported_at};
  return {load_of(at), kernel_.now()};
}

// --- sides -------------------------------------------------------------------------------------------------------

/// Who may compute the prompt: those of one side, as the disaggregation policy decides. Where a replica can do both,
/// who decodes is chosen first, and is the local side; else the local side is the client's region.
std::span<const ReplicaId> Cluster::choose_side(LiveId id, const Prefixes& prefixes) {
  LiveRequest& live = *live_.find(id);
  const auto role = [this](ReplicaId replica) { return site(replica).replica->role(); };
  local_side_.clear();
  remote_side_.clear();
  live.record.decode_replica.reset();
  const bool some_mixed =
      std::any_of(everyone_.begin(), everyone_.end(), [&](ReplicaId r) { return role(r) == ReplicaRole::mixed; });
  live.decode_chosen = false;
  if (some_mixed && choose_decode(id)) {
    live.decode_chosen = true;
    const ReplicaId decode = *live.record.decode_replica;
    if (role(decode) == ReplicaRole::mixed) local_side_.push_back(decode);
  }
  const bool decodes_here = !local_side_.empty();
  for (const ReplicaId replica : everyone_) {
    if (role(replica) == ReplicaRole::mixed) continue;
    const bool local = !decodes_here && region_of(replica) == live.home;
    (local ? local_side_ : remote_side_).push_back(replica);
  }
  if (local_side_.empty() && remote_side_.empty()) local_side_ = everyone_;
  if (local_side_.empty() || remote_side_.empty()) return local_side_.empty() ? remote_side_ : local_side_;
  const ClusterView local = view(live, local_side_, prefixes, view_);
  const ClusterView remote = view(live, remote_side_, prefixes, other_view_);
  const DisaggregationDecision decision = disaggregation_->decide(view_of(live), {local, remote});
  ++(decision.remote ? federation_.computed_remote : federation_.computed_local);
  federation_.threshold_sum += decision.threshold;
  federation_.threshold_max = std::max(federation_.threshold_max, decision.threshold);
  log(id, DecisionStage::disaggregation, {ReplicaId{}, decision.reason, decision.score}, 0);
  live.copies_prefix = decision.copy_prefix;
  return decision.remote ? remote_side_ : local_side_;
}

/// The longest prefix that a candidate is believed to hold, if that is more than `at` is.
std::optional<PrefixFetch> Cluster::longest_elsewhere(ReplicaId at, const ClusterView& candidates) const {
  std::optional<PrefixFetch> best;
  Tokens most = candidates.prefixes.matched(at).value;
  for (const ReplicaView& replica : candidates.replicas) {
    const PoolId from = sites_[replica.id.index()].pool;
    if (!paths_.same_names(from, sites_[at.index()].pool)) continue;
    const Tokens matched = candidates.prefixes.matched(replica.id).value;
    if (matched <= most) continue;
    most = matched;
    best = PrefixFetch{replica.id, matched};
  }
  return best;
}

FederationOutcome Cluster::federation_outcome() {
  FederationOutcome outcome;
  outcome.has_regions = regions_.count() > 1;
  outcome.has_sides = disaggregation_ != nullptr;
  outcome.counters = federation_;
  if (directory_) outcome.directory_bytes = directory_->bytes_sent(kernel_.now());
  for (const WanCount& count : wan_.counts()) {
    outcome.links.push_back({regions_.name(count.from), regions_.name(count.to), count.flows, 0, 0});
  }
  return outcome;
}

}  // namespace cleave
