#include "sim/cluster/estimates.h"

#include <algorithm>
#include <cmath>

namespace cleave {
namespace {

Duration step_of(const PoolPlan& pool, PrefillChunk chunk) {
  BatchShape shape;
  shape.prefills = {&chunk, 1};
  return pool.cost->step(shape);
}

}  // namespace

ClusterEstimates::ClusterEstimates(const std::vector<PoolPlan>& pools, const Platform& platform,
                                   const TransferPaths& paths, const RegionMap& regions, const WanMeter& wan)
    : pools_(pools), platform_(platform), paths_(paths), regions_(regions), wan_(wan) {
  for (std::size_t p = 0; p < pools.size(); ++p) {
    pool_of_.insert(pool_of_.end(), pools[p].params->replicas, PoolId{p});
    const Tokens full = pools[p].params->engine.max_num_batched_tokens;
    seconds_per_token_.push_back(to_seconds(step_of(pools[p], {full, Tokens{0}})) / static_cast<double>(full.value()));
  }
}

Duration ClusterEstimates::prefill(ReplicaId replica, Tokens tokens, Tokens context) const {
  const PoolPlan& pool = pool_of(replica);
  const Tokens budget = pool.params->engine.max_num_batched_tokens;
  Duration sum{};
  for (Tokens done{0}; done < tokens;) {
    const Tokens chunk = std::min(budget, tokens - done);
    sum += step_of(pool, {chunk, context + done});
    done += chunk;
  }
  return sum;
}

Duration ClusterEstimates::backlog(ReplicaId replica, Tokens pending) const {
  const double each = seconds_per_token_[pool_of_[replica.index()].index()];
  return nearest_nanosecond(each * static_cast<double>(pending.value()));
}

Duration ClusterEstimates::decode_step(ReplicaId replica, std::int64_t sequences, std::int64_t kv_blocks) const {
  const PoolPlan& pool = pool_of(replica);
  BatchShape shape;
  shape.decodes = sequences;
  shape.decode_context = std::max(Tokens{sequences}, kv_blocks * pool.params->engine.block_size);
  return pool.cost->step(shape);
}

std::optional<Duration> ClusterEstimates::ship(ReplicaId from, ReplicaId to, Tokens tokens) const {
  if (!paths_.same_names(pool_of_[from.index()], pool_of_[to.index()])) return std::nullopt;
  const KvPath& path = paths_.between(from, to);
  KvParcel parcel;
  parcel.tokens = static_cast<double>(tokens.value());
  parcel.blocks = blocks_needed(tokens, pool_of(from).params->engine.block_size);
  parcel.runs = parcel.blocks;
  const ReplicaPlace& here = platform_.replicas[from.index()];
  const ReplicaPlace& there = platform_.replicas[to.index()];
  const Movement planned = plan_movement(path, parcel, here.memory, there.memory);
  BytesPerSecond rate = std::min(path.links, planned.protocol_cap.value_or(path.links));
  if (here.region != there.region) {
    const auto sharers = static_cast<double>(wan_.open_flows(here.region, there.region) + 1);
    rate = std::min(rate, regions_.bandwidth(here.region, there.region) / sharers);
  }
  const Duration asked_and_on_the_way = path.message_latency + 2 * path.distance;
  return asked_and_on_the_way + planned.setup + next_nanosecond(seconds_to_move(planned.bytes, rate)) + planned.after;
}

}  // namespace cleave
