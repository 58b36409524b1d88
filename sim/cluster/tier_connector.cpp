#include "sim/cluster/tier_connector.h"

#include <algorithm>

#include "models/units/check.h"
#include "sim/cluster/load_choice.h"
#include "sim/cluster/prefixes.h"

namespace cleave {
namespace {

Turn turn_of(const Sequence& sequence) {
  return {sequence.request->session.value()};
}

}  // namespace

Tokens Cluster::TierConnector::block_size() const {
  return cluster_.site(id_).replica->engine().block_size;
}

Tokens Cluster::TierConnector::in_tokens(std::size_t blocks) const {
  return static_cast<std::int64_t>(blocks) * block_size();
}

std::span<const BlockKey> Cluster::TierConnector::keys_of(const Sequence& sequence) const {
  return Prefixes::reusable(cluster_.live_.at(sequence.owner), block_size());
}

LoadMode Cluster::TierConnector::mode() const {
  const KvLoadParams& params = cluster_.scenario_.kv_load;
  if (params.rule == LoadRule::both) return LoadMode::from_the_back;
  return params.start == LoadStart::layerwise ? LoadMode::with_step : LoadMode::while_waiting;
}

std::optional<ConnectorMatch> Cluster::TierConnector::matched(const Sequence& sequence, Tokens local) {
  const auto first = static_cast<std::size_t>(full_blocks(local, block_size()));
  cluster_.tiers_->settle(id_);
  ReusePlan plan = cluster_.tiers_->peek(id_, keys_of(sequence), first);
  plan = cluster_.worth_loading(id_, std::move(plan), first, Tokens{sequence.known});
  return ConnectorMatch{plan.empty() ? Tokens{0} : in_tokens(plan.until_block - first), mode()};
}

void Cluster::TierConnector::allocated(Sequence& sequence, Tokens local, const ConnectorMatch& match) {
  const auto first = static_cast<std::size_t>(full_blocks(local, block_size()));
  const auto until = static_cast<std::size_t>(full_blocks(local + match.tokens, block_size()));
  if (match.mode == LoadMode::with_step) {
    with_step_.push_back({&sequence, first, until, std::nullopt});
    return;
  }
  ReusePlan plan = cluster_.tiers_->plan(id_, keys_of(sequence), first);
  plan.cut(until);
  if (match.mode == LoadMode::from_the_back) return load_from_back(sequence, first, plan);
  load_while_waiting(sequence, first, plan);
}

void Cluster::TierConnector::count_loaded(Sequence& sequence, const LoadEnd& end) {
  if (end.from == end.until) ++cluster_.counters_.unusable_loads;
  sequence.record->transferred += cluster_.kv_bytes(id_, in_tokens(end.until - end.from).value(), false);
}

void Cluster::TierConnector::load_while_waiting(Sequence& sequence, std::size_t local, const ReusePlan& plan) {
  ++cluster_.counters_.tier_loads;
  loads_[sequence.owner] = cluster_.tiers_->load(id_, keys_of(sequence), local, plan, {}, turn_of(sequence),
                                                 [this, &sequence](const LoadEnd& end) {
                                                   loads_.erase(sequence.owner);
                                                   count_loaded(sequence, end);
                                                   if (!sequence.record->first_scheduled)
                                                     sequence.record->hit_prompt_kv += in_tokens(end.until - end.from);
                                                   cluster_.site(id_).replica->loaded(sequence, in_tokens(end.until));
                                                 });
}

// --- from the back -----------------------------------------------------------------------------------------------

void Cluster::TierConnector::load_from_back(Sequence& sequence, std::size_t local, const ReusePlan& plan) {
  if (plan.empty()) return sequence.gap.reset();  // it went between look-up and load: all is computed
  sequence.gap->until = in_tokens(plan.until_block).value();
  ++cluster_.counters_.tier_loads;
  ++cluster_.counters_.tier_loads_from_back;
  loads_[sequence.owner] =
      cluster_.tiers_->load(id_, keys_of(sequence), local, plan, {LoadOrder::from_back, {}}, turn_of(sequence),
                            [this, &sequence, local](const LoadEnd& end) {
                              loads_.erase(sequence.owner);
                              count_loaded(sequence, end);
                              const bool usable = end.from < end.until;
                              if (usable) cluster_.counters_.tokens_met += in_tokens(end.from - local).value();
                              cluster_.site(id_).replica->gap_filled(
                                  sequence, usable ? std::optional{in_tokens(end.from).value()} : std::nullopt);
                            });
}

std::int64_t Cluster::TierConnector::meet(const Sequence& sequence, std::int64_t front, std::int64_t budget) {
  const std::uint32_t load = loads_.at(sequence.owner);
  const std::int64_t size = block_size().value();
  Meeting meeting;
  meeting.front = static_cast<std::size_t>(blocks_needed(Tokens{front}, block_size()));
  meeting.until = static_cast<std::size_t>(sequence.gap->until / size);
  meeting.step_blocks = static_cast<std::size_t>(std::max<std::int64_t>(0, budget / size));
  const ComputeTime compute = [&](std::size_t from, std::size_t until) { return cluster_.step_time(id_, from, until); };
  const BringTime bring = [&](std::size_t block) { return cluster_.tiers_->brings(load, block); };
  const std::size_t met =
      std::max(meeting.front, cluster_.tiers_->boundary(load, meeting_block(meeting, compute, bring)));
  // While the load is far from where this step will have come, it is left alone: cutting it is another flow.
  constexpr int kNear = 2;
  if (met == meeting.front || bring(met) < kNear * compute(meeting.front, met)) cluster_.tiers_->stop_at(load, met);
  return std::max(front, static_cast<std::int64_t>(met) * size);
}

// --- with the step -----------------------------------------------------------------------------------------------

bool Cluster::TierConnector::step_begins(Duration compute) {
  if (with_step_.empty()) return false;
  step_began_ = layers_end_ = cluster_.kernel_.now();
  step_compute_ = compute;
  std::vector<StepLoad> failed;
  for (StepLoad& load : with_step_) {
    if (!load_with_step(load, compute)) failed.push_back(load);
  }
  for (const StepLoad& load : failed) {
    std::erase_if(with_step_, [&](const StepLoad& other) { return other.sequence == load.sequence; });
    cluster_.site(id_).replica->step_load_failed(*load.sequence, in_tokens(load.local));
  }
  return !with_step_.empty();
}

/// Returns whether there is something to load still: what was found when the step was formed may have gone.
bool Cluster::TierConnector::load_with_step(StepLoad& load, Duration compute) {
  const auto keys = keys_of(*load.sequence);
  ReusePlan plan = cluster_.tiers_->plan(id_, keys, load.local);
  plan.cut(load.until);
  if (plan.empty()) return false;
  ++cluster_.counters_.tier_loads;
  ++cluster_.counters_.tier_loads_with_step;
  load.load =
      cluster_.tiers_->load(id_, keys, load.local, plan, {LoadOrder::by_layer, compute}, turn_of(*load.sequence),
                            [this, sequence = load.sequence](const LoadEnd& end) { on_step_load(*sequence, end); });
  return true;
}

void Cluster::TierConnector::on_step_load(const Sequence& sequence, const LoadEnd& end) {
  const auto at = std::find_if(with_step_.begin(), with_step_.end(),
                               [&](const StepLoad& load) { return load.sequence == &sequence; });
  SIM_CHECK(at != with_step_.end(), "a load ended that no step began");
  const StepLoad load = *at;
  with_step_.erase(at);
  load.sequence->loads_with_step = false;
  count_loaded(*load.sequence, end);
  layers_end_ = std::max(layers_end_, end.layers_end);
  if (end.until < load.until) cluster_.site(id_).replica->step_load_failed(*load.sequence, in_tokens(end.until));
  end_step_load();
}

void Cluster::TierConnector::end_step_load() {
  const bool open =
      std::any_of(with_step_.begin(), with_step_.end(), [](const StepLoad& load) { return load.load.has_value(); });
  if (open) return;
  cluster_.counters_.load_stall += std::max(Duration{0}, layers_end_ - (step_began_ + step_compute_));
  cluster_.site(id_).replica->step_loaded(layers_end_);
}

void Cluster::TierConnector::forget(const Sequence& sequence) {
  if (const auto load = loads_.find(sequence.owner); load != loads_.end()) {
    cluster_.tiers_->cancel_load(load->second);
    loads_.erase(load);
    return;
  }
  const auto at = std::find_if(with_step_.begin(), with_step_.end(),
                               [&](const StepLoad& load) { return load.sequence == &sequence; });
  if (at == with_step_.end()) return;
  const std::optional<std::uint32_t> under_way = at->load;
  with_step_.erase(at);
  if (!under_way) return;
  cluster_.tiers_->cancel_load(*under_way);
  end_step_load();
}

}  // namespace cleave
