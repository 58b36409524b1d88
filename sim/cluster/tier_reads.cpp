// What can be loaded from tiers, how long it would take, and loads under way.
#include <algorithm>
#include <utility>

#include "models/units/check.h"
#include "sim/cluster/tiers.h"
#include "sim/transfer/bandwidth_shares.h"

namespace cleave {
namespace {

/// Tiers of a node that answer within this time count as memory, the others as storage.
constexpr Duration kMemoryLatency = std::chrono::microseconds{10};

Duration time_to_move(Bytes bytes, BytesPerSecond rate) {
  return next_nanosecond(seconds_to_move(bytes, rate));
}

}  // namespace

// --- what could be loaded ----------------------------------------------------------------------------------------

void ReusePlan::cut(std::size_t until) {
  while (!pieces.empty() && pieces.back().first_block >= until) pieces.pop_back();
  if (pieces.empty() || pieces.back().until_block <= until) return;
  ReusePiece& last = pieces.back();
  const std::size_t chunk = last.until_block / (last.first_object + last.objects);
  last.objects = until / chunk - last.first_object;
  last.until_block = until_block = until;
}

template <class Find>
ReusePlan Tiers::plan_with(std::span<const BlockKey> keys, std::size_t local, const Find& find) const {
  ReusePlan plan;
  plan.until_block = local;
  std::vector<BlockKey> room;
  for (std::size_t t = 0; t < tiers_.size(); ++t) {
    const auto chunk = static_cast<std::size_t>(tiers_[t].plan->chunk_blocks);
    const std::span<const BlockKey> objects = objects_of(keys, tiers_[t].plan->chunk_blocks, room);
    const std::size_t first = plan.until_block / chunk;
    if (first >= objects.size()) continue;
    const std::size_t found = find(t, objects, first);
    const std::size_t until = (first + found) * chunk;
    if (until <= plan.until_block) continue;
    plan.pieces.push_back({t, first, found, plan.until_block, until});
    plan.until_block = until;
  }
  return plan;
}

ReusePlan Tiers::plan(ReplicaId replica, std::span<const BlockKey> keys, std::size_t local) {
  return plan_with(keys, local, [&](std::size_t t, std::span<const BlockKey> objects, std::size_t first) {
    return reached(t, replica).store->match(objects, first, kernel_.now());
  });
}

ReusePlan Tiers::peek(ReplicaId replica, std::span<const BlockKey> keys, std::size_t local) const {
  return plan_with(keys, local, [&](std::size_t t, std::span<const BlockKey> objects, std::size_t first) {
    return reached(t, replica).store->peek(objects, first);
  });
}

void Tiers::settle(ReplicaId replica) {
  for (std::size_t t = 0; t < tiers_.size(); ++t) reached(t, replica).store->settle(kernel_.now());
}

PrefixSources Tiers::sources(ReplicaId replica, std::span<const BlockKey> keys, Tokens device) const {
  PrefixSources sources{device, {}, {}, {}};
  const ReusePlan plan = peek(replica, keys, static_cast<std::size_t>(device.value() / block_size_.value()));
  for (const ReusePiece& piece : plan.pieces) {
    const TierPlan& tier = *tiers_[piece.tier].plan;
    const Tokens tokens = static_cast<std::int64_t>(piece.until_block - piece.first_block) * block_size_;
    const bool near = tier.params->scope == TierScope::replica || tier.params->scope == TierScope::node;
    const bool memory = tier.medium->latency.value <= kMemoryLatency;
    (!near ? sources.shared : memory ? sources.host : sources.disk) += tokens;
  }
  return sources;
}

// --- how long it would take --------------------------------------------------------------------------------------

/// What a lone load gets of the links between an instance and a replica.
BytesPerSecond Tiers::route_rate(ReplicaId replica, const Instance& from) const {
  std::vector<LinkId> route;
  platform_.topology.route(from.place.place, platform_.replicas[replica.index()].memory, route);
  BytesPerSecond rate = platform_.topology.links[from.place.out.index()].bandwidth;
  for (const LinkId link : route) rate = std::min(rate, platform_.topology.links[link.index()].bandwidth);
  return rate;
}

Duration Tiers::route_latency(ReplicaId replica, const Instance& from) const {
  std::vector<LinkId> route;
  platform_.topology.route(from.place.place, platform_.replicas[replica.index()].memory, route);
  return platform_.topology.latency(route);
}

Duration Tiers::estimate(ReplicaId replica, const ReusePlan& plan, std::size_t from, std::size_t until) const {
  Duration longest{};
  for (const ReusePiece& piece : plan.pieces) {
    const TierPlan& tier = *tiers_[piece.tier].plan;
    const auto chunk = static_cast<std::size_t>(tier.chunk_blocks);
    const std::size_t first = std::max(piece.first_object, from / chunk);
    const std::size_t end = std::min(piece.first_object + piece.objects, (until + chunk - 1) / chunk);
    if (first >= end) continue;
    const auto objects = static_cast<std::int64_t>(end - first);
    const TierStages stages = stages_of(tier, TierAccess::read, objects, false);
    const Instance& instance = reached(piece.tier, replica);
    const BytesPerSecond whole = platform_.topology.links[instance.place.out.index()].bandwidth;
    const BytesPerSecond share = whole / static_cast<double>(instance.loads.size() + 1);
    const BytesPerSecond rate = std::min({stages.rate, share, route_rate(replica, instance)});
    longest =
        std::max(longest, stages.before + route_latency(replica, instance) + time_to_move(objects * tier.object, rate));
  }
  return longest;
}

Duration Tiers::brings(std::uint32_t id, std::size_t block) const {
  const Load& load = loads_[id];
  Duration longest{};
  for (const PieceLoad& part : load.pieces) {
    if (part.ended || part.piece.until_block <= block) continue;
    const Tier& tier = tiers_[part.piece.tier];
    const Instance& from = reached(part.piece.tier, load.to);
    const auto chunk = static_cast<std::size_t>(tier.plan->chunk_blocks);
    const std::size_t first = std::max(part.piece.first_object, block / chunk);
    const Bytes needed =
        static_cast<std::int64_t>(part.piece.first_object + part.piece.objects - first) * tier.plan->object;
    const Bytes arrived = mover_.arrived(part.movement);
    if (arrived >= needed) continue;
    // As fast as so far; before its first byte, as it would be with those that are under way now.
    const Duration since = kernel_.now() - part.begins;
    const BytesPerSecond whole = platform_.topology.links[from.place.out.index()].bandwidth;
    BytesPerSecond rate =
        std::min({part.stages.rate, whole / static_cast<double>(from.loads.size()), route_rate(load.to, from)});
    if (since > Duration{0} && arrived > Bytes{0}) {
      rate = BytesPerSecond{static_cast<double>(arrived.value()) / to_seconds(since)};
    }
    longest = std::max(longest, std::max(Duration{0}, -since) + time_to_move(needed - arrived, rate));
  }
  return longest;
}

// --- loading -----------------------------------------------------------------------------------------------------

/// A load that may be cut short arrives in batches, one after another is not needed: they share the same links.
void Tiers::cut_into_pieces(Load& load, const ReusePlan& plan) const {
  const auto blocks = static_cast<std::size_t>(scenario_.kv_load.batch_blocks);
  for (const ReusePiece& piece : plan.pieces) {
    const auto chunk = static_cast<std::size_t>(tiers_[piece.tier].plan->chunk_blocks);
    const std::size_t batch =
        load.shape.order == LoadOrder::in_batches ? std::max<std::size_t>(1, blocks / chunk) : piece.objects;
    for (std::size_t first = 0; first < piece.objects; first += batch) {
      PieceLoad& part = load.pieces.emplace_back();
      part.piece = piece;
      part.piece.first_object = piece.first_object + first;
      part.piece.objects = part.wanted = std::min(batch, piece.objects - first);
      part.piece.first_block = std::max(piece.first_block, part.piece.first_object * chunk);
      part.piece.until_block = (part.piece.first_object + part.piece.objects) * chunk;
    }
  }
}

std::uint32_t Tiers::load(ReplicaId to, std::span<const BlockKey> keys, std::size_t local, const ReusePlan& plan,
                          const LoadShape& shape, Turn turn, LoadFn done) {
  SIM_CHECK(!plan.empty(), "a load of nothing");
  const std::uint32_t id = loads_.take();
  Load& load = loads_[id];
  load.to = to;
  load.local = local;
  load.shape = shape;
  load.turn = turn;
  load.began = kernel_.now();
  load.pieces.clear();
  load.done = std::move(done);
  load.live = true;
  ++load.generation;
  cut_into_pieces(load, plan);
  load.open = load.pieces.size();
  for (std::size_t i = 0; i < load.pieces.size(); ++i) begin_piece(id, i, keys);
  for (const ReusePiece& piece : plan.pieces) divide(piece.tier, reached(piece.tier, to));
  return id;
}

void Tiers::begin_piece(std::uint32_t id, std::size_t i, std::span<const BlockKey> keys) {
  Load& load = loads_[id];
  PieceLoad& part = load.pieces[i];
  Tier& tier = tiers_[part.piece.tier];
  Instance& from = reached(part.piece.tier, load.to);
  std::vector<BlockKey> room;
  const std::span<const BlockKey> objects = objects_of(keys, tier.plan->chunk_blocks, room);
  part.read = from.store->read_start(objects, part.piece.first_object, part.piece.first_object + part.piece.objects,
                                     kernel_.now(), load.turn);
  from.loads.push_back({id, i});
  const auto count = static_cast<std::int64_t>(part.piece.objects);
  // A store's lease on what is read is not renewed. Source: Mooncake store, default_kv_lease_ttl
  const std::optional<TierDistance>& distance = tier.plan->params->distance;
  part.claim = claims_.take(
      {from.keeper, ClaimantId{load.to.index()}, count * tier.plan->object, scenario_.kv_store.lease, false,
       distance ? distance->rtt / 2 : Duration{0}},
      [this, store = from.store.get(), read = part.read](ClaimEnd) { store->read_release(read, kernel_.now()); });
  const bool by_layer = load.shape.order == LoadOrder::by_layer;
  part.stages = stages_of(*tier.plan, TierAccess::read, count, by_layer);
  Movement movement{from.place.place, platform_.replicas[load.to.index()].memory, count * tier.plan->object,
                    part.stages.before};
  movement.protocol_cap = part.stages.rate;
  movement.latency = route_latency(load.to, from);
  if (by_layer) movement.arrivals = &part.arrivals;
  part.begins = kernel_.now() + part.stages.before + movement.latency;
  part.movement = mover_.start(movement, [this, id, generation = load.generation, i](MovementEnd end) {
    on_piece(id, generation, i, end == MovementEnd::delivered);
  });
}

/// A tier that divides by need tells those who load from it how fast each may.
void Tiers::divide(std::size_t t, const Instance& instance) {
  if (tiers_[t].plan->params->sharing != TierSharing::by_need) return;
  std::vector<BandwidthDemand> demands;
  for (const PieceName& name : instance.loads) {
    const Load& load = loads_[name.load];
    const PieceLoad& part = load.pieces[name.piece];
    const Bytes bytes = static_cast<std::int64_t>(part.wanted) * tiers_[t].plan->object;
    BandwidthDemand demand{std::nullopt, std::min(part.stages.rate, route_rate(load.to, instance)), bytes};
    if (load.shape.order == LoadOrder::by_layer) {
      demand.need = BytesPerSecond{static_cast<double>(bytes.value()) / to_seconds(load.shape.compute)};
      demand.first = Bytes{bytes.value() / tiers_[t].plan->layers};
    }
    demands.push_back(demand);
  }
  const BytesPerSecond link = platform_.topology.links[instance.place.out.index()].bandwidth;
  const std::vector<BytesPerSecond> rates = divide_by_need(link, demands);
  for (std::size_t i = 0; i < rates.size(); ++i) {
    const PieceName& name = instance.loads[i];
    mover_.set_rate_cap(loads_[name.load].pieces[name.piece].movement, rates[i]);
  }
}

void Tiers::on_piece(std::uint32_t id, std::uint32_t generation, std::size_t piece, bool delivered) {
  Load& load = loads_[id];
  SIM_CHECK(load.live && load.generation == generation, "a tier's movement outlived its load");
  PieceLoad& part = load.pieces[piece];
  Tier& tier = tiers_[part.piece.tier];
  Instance& from = reached(part.piece.tier, load.to);
  part.ended = true;
  std::erase(from.loads, PieceName{id, piece});
  if (delivered) {
    part.usable = from.store->read_end(part.read, kernel_.now(), tier.plan->params->exclusive);
    tier.bytes_read += (static_cast<std::int64_t>(part.wanted) * tier.plan->object).value();
    ++tier.read_accesses;
  } else {
    from.store->read_cancel(part.read, kernel_.now());
  }
  claims_.release(part.claim);
  divide(part.piece.tier, from);
  if (--load.open == 0) finish(id);
}

/// What arrived without a gap is usable; the rest is computed.
LoadEnd Tiers::end_of(const Load& load) const {
  LoadEnd end{load.local, load.local, kernel_.now()};
  if (load.shape.order == LoadOrder::from_back) {
    end.until = load.pieces.back().piece.until_block;
    end.from = end.until;
    for (const PieceLoad& part : load.pieces) {
      if (part.wanted == 0) continue;  // computed instead
      if (!part.usable) return {end.until, end.until, kernel_.now()};
      const std::size_t first = part.piece.first_object + part.piece.objects - part.wanted;
      const auto chunk = static_cast<std::size_t>(tiers_[part.piece.tier].plan->chunk_blocks);
      end.from = std::min(end.from, std::max(part.piece.first_block, first * chunk));
    }
    return end;
  }
  for (const PieceLoad& part : load.pieces) {
    if (!part.usable) break;
    end.until = part.piece.until_block;
    if (load.shape.order != LoadOrder::by_layer) continue;
    const TierPlan& tier = *tiers_[part.piece.tier].plan;
    const Bytes bytes = static_cast<std::int64_t>(part.piece.objects) * tier.object;
    end.layers_end = std::max(
        end.layers_end,
        layerwise_end(load.began, load.shape.compute, static_cast<std::uint32_t>(tier.layers), part.arrivals, bytes));
  }
  return end;
}

void Tiers::finish(std::uint32_t id) {
  Load& load = loads_[id];
  const LoadEnd end = end_of(load);
  for (const PieceLoad& part : load.pieces) {
    const std::size_t first = std::max(part.piece.first_block, end.from);
    const std::size_t until = std::min(part.piece.until_block, end.until);
    if (first >= until) continue;
    tiers_[part.piece.tier].tokens_loaded += static_cast<std::int64_t>(until - first) * block_size_.value();
  }
  load.live = false;
  loads_.release(id);
  const LoadFn done = std::move(load.done);
  done(end);
}

// --- less than was planned ---------------------------------------------------------------------------------------

/// A piece is not needed any more.
void Tiers::drop_piece(std::uint32_t id, std::size_t piece) {
  Load& load = loads_[id];
  PieceLoad& part = load.pieces[piece];
  mover_.cancel(part.movement);
  Instance& from = reached(part.piece.tier, load.to);
  from.store->read_cancel(part.read, kernel_.now());
  claims_.release(part.claim);
  std::erase(from.loads, PieceName{id, piece});
  part.ended = true;
  --load.open;
  divide(part.piece.tier, from);
}

void Tiers::cancel_load(std::uint32_t id) {
  Load& load = loads_[id];
  SIM_CHECK(load.live, "a load that is not under way is cancelled");
  for (std::size_t i = 0; i < load.pieces.size(); ++i) {
    if (!load.pieces[i].ended) drop_piece(id, i);
  }
  load.live = false;
  load.done = nullptr;
  loads_.release(id);
}

void Tiers::stop_load(std::uint32_t id) {
  Load& load = loads_[id];
  SIM_CHECK(load.live, "a load that is not under way is stopped");
  for (std::size_t i = 0; i < load.pieces.size(); ++i) {
    if (!load.pieces[i].ended) drop_piece(id, i);
  }
  finish(id);
}

std::size_t Tiers::boundary(std::uint32_t id, std::size_t block) const {
  for (const PieceLoad& part : loads_[id].pieces) {
    if (block >= part.piece.until_block || block < part.piece.first_block) continue;
    const auto chunk = static_cast<std::size_t>(tiers_[part.piece.tier].plan->chunk_blocks);
    return std::max(part.piece.first_block, block / chunk * chunk);
  }
  return block;
}

void Tiers::stop_at(std::uint32_t id, std::size_t block) {
  Load& load = loads_[id];
  for (std::size_t i = 0; i < load.pieces.size(); ++i) {
    PieceLoad& part = load.pieces[i];
    if (part.ended) continue;
    const bool last = i + 1 == load.pieces.size();
    if (part.piece.until_block <= block && !last) {
      part.wanted = 0;
      drop_piece(id, i);
      continue;
    }
    const TierPlan& tier = *tiers_[part.piece.tier].plan;
    const std::size_t end = part.piece.first_object + part.piece.objects;
    const std::size_t first =
        std::clamp(block / static_cast<std::size_t>(tier.chunk_blocks), part.piece.first_object, end);
    part.wanted = end - first;
    mover_.retarget(part.movement, static_cast<std::int64_t>(part.wanted) * tier.object);
  }
}

}  // namespace cleave
