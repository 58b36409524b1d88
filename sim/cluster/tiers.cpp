#include "sim/cluster/tiers.h"

#include <algorithm>
#include <utility>

#include "models/tier/tier_cost.h"
#include "models/units/check.h"

namespace cleave {
namespace {

/// Tiers of a node that answer within this time count as memory, the others as storage.
constexpr Duration kMemoryLatency = std::chrono::microseconds{10};

Bytes bytes_of(const TierPlan& plan, std::size_t objects) {
  return static_cast<std::int64_t>(objects) * plan.object;
}

/// Time before the first byte, and the rate, of an access to so many objects, the codec included.
TierStages stages_of(const TierPlan& plan, TierAccess access, std::size_t objects) {
  const auto count = static_cast<std::int64_t>(objects);
  TierStages stages = tier_stages(*plan.medium, access, {bytes_of(plan, objects), count});
  stages.rate = stages.rate * static_cast<double>(plan.params->units);
  if (plan.codec != nullptr) {
    const BytesPerSecond codec = (access == TierAccess::read ? plan.codec->decode : plan.codec->encode).value;
    stages.rate = std::min(stages.rate, codec / plan.codec->ratio.value);
  }
  return stages;
}

}  // namespace

Tiers::Tiers(const Scenario& scenario, const std::vector<TierPlan>& plans, const Platform& platform, Kernel& kernel,
             KvMover& mover, Claims& claims, Tokens block_size)
    : scenario_(scenario),
      platform_(platform),
      kernel_(kernel),
      mover_(mover),
      claims_(claims),
      block_size_(block_size),
      given_up_(platform.replicas.size()) {
  std::size_t keepers = platform.replicas.size();  // replicas' own memories come first
  for (std::size_t t = 0; t < plans.size(); ++t) {
    Tier& tier = tiers_.emplace_back();
    tier.plan = &plans[t];
    tier.of_replica = &platform.tiers[t].of_replica;
    for (const TierPlace& place : platform.tiers[t].instances) {
      const TierStoreParams params =
          store_params(plans[t], scenario, block_size, scenario.seed + 1000 * t + tier.instances.size());
      tier.instances.push_back({std::make_unique<TierStore>(params), place, KeeperId{keepers++}, 0});
      const bool demotes = t + 1 < plans.size() && plans[t + 1].params->write == TierWrite::on_eviction;
      if (demotes) tier.instances.back().store->report_evictions();
    }
  }
  writes_on_eviction_ = !plans.empty() && plans.front().params->write == TierWrite::on_eviction;
}

Tiers::~Tiers() = default;

std::vector<BlockKey> Tiers::objects_of(std::span<const BlockKey> keys, std::int64_t chunk_blocks) {
  const auto chunk = static_cast<std::size_t>(chunk_blocks);
  std::vector<BlockKey> objects;
  for (std::size_t last = chunk; last <= keys.size(); last += chunk) objects.push_back(keys[last - 1]);
  return objects;
}

// --- reading -----------------------------------------------------------------------------------------------------

template <class Find>
ReusePlan Tiers::plan_with(ReplicaId, std::span<const BlockKey> keys, std::size_t local, const Find& find) const {
  ReusePlan plan;
  plan.until_block = local;
  for (std::size_t t = 0; t < tiers_.size(); ++t) {
    const auto chunk = static_cast<std::size_t>(tiers_[t].plan->chunk_blocks);
    const std::vector<BlockKey> objects = objects_of(keys, tiers_[t].plan->chunk_blocks);
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
  return plan_with(replica, keys, local, [&](std::size_t t, const std::vector<BlockKey>& objects, std::size_t first) {
    return reached(t, replica).store->match(objects, first, kernel_.now());
  });
}

PrefixSources Tiers::sources(ReplicaId replica, std::span<const BlockKey> keys, Tokens device) const {
  PrefixSources sources{device, {}, {}, {}};
  const auto local = static_cast<std::size_t>(device.value() / block_size_.value());
  const ReusePlan plan =
      plan_with(replica, keys, local, [&](std::size_t t, const std::vector<BlockKey>& objects, std::size_t first) {
        return reached(t, replica).store->peek(objects, first);
      });
  for (const ReusePiece& piece : plan.pieces) {
    const TierPlan& tier = *tiers_[piece.tier].plan;
    const Tokens tokens = static_cast<std::int64_t>(piece.until_block - piece.first_block) * block_size_;
    const bool near = tier.params->scope == TierScope::replica || tier.params->scope == TierScope::node;
    const bool memory = tier.medium->latency.value <= kMemoryLatency;
    (!near ? sources.shared : memory ? sources.host : sources.disk) += tokens;
  }
  return sources;
}

Duration Tiers::estimate(ReplicaId replica, const ReusePlan& plan, std::size_t pieces) const {
  Duration longest{};
  for (std::size_t i = 0; i < pieces; ++i) {
    const ReusePiece& piece = plan.pieces[i];
    const TierPlan& tier = *tiers_[piece.tier].plan;
    const TierStages stages = stages_of(tier, TierAccess::read, piece.objects);
    const Instance& instance = reached(piece.tier, replica);
    const BytesPerSecond whole = platform_.topology.links[instance.place.out.index()].bandwidth;
    const BytesPerSecond share = whole / static_cast<double>(instance.loads + 1);
    const double seconds = seconds_to_move(bytes_of(tier, piece.objects), std::min(stages.rate, share));
    longest = std::max(longest, stages.before + next_nanosecond(seconds));
  }
  return longest;
}

std::uint32_t Tiers::load(ReplicaId to, std::span<const BlockKey> keys, std::size_t local, const ReusePlan& plan,
                          Turn turn, LoadFn done) {
  if (free_loads_.empty()) {
    free_loads_.push_back(static_cast<std::uint32_t>(loads_.size()));
    loads_.emplace_back();
  }
  const std::uint32_t id = free_loads_.back();
  free_loads_.pop_back();
  Load& load = loads_[id];
  load.to = to;
  load.local = local;
  load.pieces.clear();
  load.done = std::move(done);
  load.live = true;
  const std::uint32_t generation = ++load.generation;
  // A load that may be cut short arrives in batches, one after another is not needed: they share the same links.
  const bool whole = scenario_.kv_load.stop == LoadStop::wait_complete;
  for (const ReusePiece& piece : plan.pieces) {
    const auto chunk = static_cast<std::size_t>(tiers_[piece.tier].plan->chunk_blocks);
    const std::size_t batch =
        whole ? piece.objects
              : std::max<std::size_t>(1, static_cast<std::size_t>(scenario_.kv_load.batch_blocks) / chunk);
    for (std::size_t first = 0; first < piece.objects; first += batch) {
      ReusePiece part = piece;
      part.first_object = piece.first_object + first;
      part.objects = std::min(batch, piece.objects - first);
      part.first_block = std::max(piece.first_block, part.first_object * chunk);
      part.until_block = (part.first_object + part.objects) * chunk;
      load.pieces.push_back({part, 0, {}, {}, false, false});
    }
  }
  load.open = load.pieces.size();
  for (std::size_t i = 0; i < load.pieces.size(); ++i) {
    PieceLoad& part = loads_[id].pieces[i];
    Tier& tier = tiers_[part.piece.tier];
    Instance& from = reached(part.piece.tier, to);
    const std::vector<BlockKey> objects = objects_of(keys, tier.plan->chunk_blocks);
    part.read = from.store->read_start(objects, part.piece.first_object, part.piece.first_object + part.piece.objects,
                                       kernel_.now(), turn);
    ++from.loads;
    // A store's lease on what is read is not renewed. Source: Mooncake store, default_kv_lease_ttl
    part.claim = claims_.take(
        {from.keeper, ClaimantId{to.index()}, bytes_of(*tier.plan, part.piece.objects), scenario_.kv_store.lease,
         false},
        [this, store = from.store.get(), read = part.read](ClaimEnd) { store->read_release(read, kernel_.now()); });
    const TierStages stages = stages_of(*tier.plan, TierAccess::read, part.piece.objects);
    part.movement = mover_.start(
        {from.place.place, platform_.replicas[to.index()].memory, bytes_of(*tier.plan, part.piece.objects),
         stages.before, stages.rate},
        [this, id, generation, i](MovementEnd end) { on_piece(id, generation, i, end == MovementEnd::delivered); });
  }
  return id;
}

void Tiers::on_piece(std::uint32_t id, std::uint32_t generation, std::size_t piece, bool delivered) {
  Load& load = loads_[id];
  SIM_CHECK(load.live && load.generation == generation, "a tier's movement outlived its load");
  PieceLoad& part = load.pieces[piece];
  Tier& tier = tiers_[part.piece.tier];
  Instance& from = reached(part.piece.tier, load.to);
  part.ended = true;
  --from.loads;
  if (delivered) {
    part.usable = from.store->read_end(part.read, kernel_.now(), tier.plan->params->exclusive);
    tier.bytes_read += bytes_of(*tier.plan, part.piece.objects).value();
    ++tier.read_accesses;
  } else {
    from.store->read_cancel(part.read, kernel_.now());
  }
  claims_.release(part.claim);
  if (--load.open == 0) finish(id);
}

/// What arrived without a gap is usable; the rest is computed.
void Tiers::finish(std::uint32_t id) {
  Load& load = loads_[id];
  std::size_t blocks = load.local;
  for (const PieceLoad& part : load.pieces) {
    if (!part.usable) break;
    tiers_[part.piece.tier].tokens_loaded +=
        static_cast<std::int64_t>(part.piece.until_block - part.piece.first_block) * block_size_.value();
    blocks = part.piece.until_block;
  }
  load.live = false;
  free_loads_.push_back(id);
  const LoadFn done = std::move(load.done);
  done(blocks);
}

void Tiers::give_up_piece(const Load& load, PieceLoad& part) {
  mover_.cancel(part.movement);
  Instance& from = reached(part.piece.tier, load.to);
  from.store->read_cancel(part.read, kernel_.now());
  claims_.release(part.claim);
  --from.loads;
  part.ended = true;
}

void Tiers::cancel_load(std::uint32_t id) {
  Load& load = loads_[id];
  SIM_CHECK(load.live, "a load that is not under way is cancelled");
  for (PieceLoad& part : load.pieces) {
    if (!part.ended) give_up_piece(load, part);
  }
  load.live = false;
  load.done = nullptr;
  free_loads_.push_back(id);
}

void Tiers::stop_load(std::uint32_t id) {
  Load& load = loads_[id];
  SIM_CHECK(load.live, "a load that is not under way is stopped");
  for (PieceLoad& part : load.pieces) {
    if (!part.ended) give_up_piece(load, part);
  }
  finish(id);
}

// --- writing -----------------------------------------------------------------------------------------------------

/// Of a prompt's objects, the leading ones that a tier takes now.
std::vector<BlockKey> Tiers::wanted(std::size_t t, const std::vector<BlockKey>& objects) {
  Tier& tier = tiers_[t];
  if (tier.plan->params->write == TierWrite::through) return objects;
  const auto enough = static_cast<std::uint32_t>(tier.plan->params->write_after_hits);
  std::vector<BlockKey> taken;
  bool leading = true;
  for (const BlockKey object : objects) {
    const std::uint32_t asked = ++tier.asked[static_cast<std::uint64_t>(object)];
    leading = leading && asked >= enough;
    if (leading) taken.push_back(object);
  }
  return taken;
}

void Tiers::offload(ReplicaId from, std::span<const BlockKey> keys, Turn turn, std::function<void()> release) {
  write(from, platform_.replicas[from.index()].memory, 0, {keys.begin(), keys.end()}, turn, std::move(release));
}

void Tiers::close_session(ReplicaId replica, std::span<const BlockKey> keys, SessionId session) {
  for (std::size_t t = 0; t < tiers_.size(); ++t) {
    const auto objects = objects_of(keys, tiers_[t].plan->chunk_blocks);
    reached(t, replica).store->close_session(objects, session.value(), kernel_.now());
  }
}

void Tiers::give_up(ReplicaId from, BlockKey key) {
  std::vector<BlockKey>& keys = given_up_[from.index()];
  keys.push_back(key);
  if (keys.size() > 1) return;
  // All that goes at this instant is one write.
  kernel_.at(kernel_.now(), {Phase::observe, 3}, [this, from] { flush_given_up(from); });
}

void Tiers::flush_given_up(ReplicaId from) {
  std::vector<BlockKey> keys = std::exchange(given_up_[from.index()], {});
  write(from, platform_.replicas[from.index()].memory, 0, std::move(keys), std::nullopt, nullptr);
}

/// Offers blocks to tier `t`, then to those behind it: from where they are until the tier has them, from there after.
/// `turn`: they are the prompt of one, from its first block on, in order. Otherwise somebody's memory gives them up.
void Tiers::write(ReplicaId writer, PlaceId from, std::size_t t, std::vector<BlockKey> chain, std::optional<Turn> turn,
                  std::function<void()> release) {
  const bool linked = turn.has_value();
  for (; t < tiers_.size(); ++t) {
    Tier& tier = tiers_[t];
    const bool takes_evicted = tier.plan->params->write == TierWrite::on_eviction;
    if (takes_evicted == linked) continue;  // takes what is computed, or what is evicted before it
    Instance& to = reached(t, writer);
    std::vector<BlockKey> objects = objects_of(chain, tier.plan->chunk_blocks);
    if (linked) objects = wanted(t, objects);
    std::vector<std::uint32_t> accepted;
    const auto put = objects.empty() ? std::nullopt
                                     : to.store->put_start(objects, 0, kernel_.now(), accepted, turn.value_or(Turn{}));
    if (std::vector<BlockKey> demoted = to.store->take_evicted(); !demoted.empty()) {
      write(writer, to.place.place, t + 1, std::move(demoted), std::nullopt, nullptr);
    }
    if (!put) {
      if (!linked) break;  // what is evicted goes one tier down
      continue;
    }
    if (free_writes_.empty()) {
      free_writes_.push_back(static_cast<std::uint32_t>(writes_.size()));
      writes_.emplace_back();
    }
    const std::uint32_t id = free_writes_.back();
    free_writes_.pop_back();
    Write& write = writes_[id];
    write.writer = writer;
    write.tier = t;
    write.instance = (*tier.of_replica)[writer.index()];
    write.put = *put;
    write.objects = static_cast<std::int64_t>(accepted.size());
    write.chain = linked ? std::move(chain) : std::vector<BlockKey>{};
    write.turn = turn.value_or(Turn{});
    write.release = std::move(release);
    write.live = true;
    const TierStages stages = stages_of(*tier.plan, TierAccess::write, accepted.size());
    write.movement =
        mover_.start({from, to.place.place, bytes_of(*tier.plan, accepted.size()), stages.before, stages.rate},
                     [this, id](MovementEnd end) { on_written(id, end == MovementEnd::delivered); });
    return;
  }
  if (release) release();
}

void Tiers::on_written(std::uint32_t id, bool delivered) {
  Write& ended = writes_[id];
  Tier& tier = tiers_[ended.tier];
  Instance& to = tier.instances[ended.instance];
  if (delivered) {
    to.store->put_end(ended.put, kernel_.now());
    tier.bytes_written += bytes_of(*tier.plan, static_cast<std::size_t>(ended.objects)).value();
    ++tier.write_accesses;
  } else {
    to.store->put_revoke(ended.put, kernel_.now());
  }
  ended.live = false;
  const std::function<void()> release = std::exchange(ended.release, nullptr);
  std::vector<BlockKey> chain = std::move(ended.chain);
  const ReplicaId writer = ended.writer;
  const std::size_t next = ended.tier + 1;
  const Turn turn = ended.turn;
  free_writes_.push_back(id);
  if (release) release();
  if (delivered && !chain.empty()) write(writer, to.place.place, next, std::move(chain), turn, nullptr);
}

void Tiers::crash(ReplicaId replica) {
  given_up_[replica.index()].clear();
  for (std::uint32_t id = 0; id < writes_.size(); ++id) {
    Write& under_way = writes_[id];
    if (!under_way.live || under_way.writer != replica) continue;
    mover_.cancel(under_way.movement);
    tiers_[under_way.tier].instances[under_way.instance].store->put_abandon(under_way.put, kernel_.now());
    under_way.live = false;
    const std::function<void()> release = std::exchange(under_way.release, nullptr);
    free_writes_.push_back(id);
    if (release) release();
  }
}

void Tiers::next_epoch() {
  for (Tier& tier : tiers_) {
    for (Instance& instance : tier.instances) instance.store->next_epoch();
  }
}

// --- the end -----------------------------------------------------------------------------------------------------

std::vector<TierOutcome> Tiers::outcome(TimePoint now) const {
  constexpr double kSecondsPerMonth = 730.0 * 3600;
  std::vector<TierOutcome> all;
  for (const Tier& tier : tiers_) {
    TierOutcome& out = all.emplace_back();
    out.name = tier.plan->params->name;
    out.medium = tier.plan->medium->name;
    out.instances = tier.instances.size();
    out.object = tier.plan->object;
    out.bytes_read = tier.bytes_read;
    out.bytes_written = tier.bytes_written;
    out.tokens_loaded = tier.tokens_loaded;
    for (const Instance& instance : tier.instances) {
      const TierCounters& c = instance.store->counters();
      TierCounters& sum = out.counters;
      for (const auto member :
           {&TierCounters::lookups, &TierCounters::hits, &TierCounters::read, &TierCounters::written,
            &TierCounters::duplicates, &TierCounters::refused, &TierCounters::evicted, &TierCounters::revoked,
            &TierCounters::zombies, &TierCounters::zombies_preempted, &TierCounters::zombies_reclaimed,
            &TierCounters::torn_reads, &TierCounters::premature_reads, &TierCounters::stale_reads,
            &TierCounters::expired_reads, &TierCounters::freed_while_read, &TierCounters::undetected}) {
        sum.*member += c.*member;
      }
      out.capacity += instance.store->capacity() * tier.plan->object;
      for (std::size_t s = 0; s < kKvStates; ++s) {
        out.byte_seconds[s] += instance.store->meter().unit_seconds(static_cast<KvState>(s), now) *
                               static_cast<double>(tier.plan->object.value());
      }
    }
    if (const auto month = rent_per_month(*tier.plan->medium, out.capacity)) {
      out.rent = *month * (to_seconds(now) / kSecondsPerMonth);
    }
    const auto objects = [&](std::int64_t bytes) { return bytes / std::max<std::int64_t>(1, out.object.value()); };
    out.access_fees =
        access_price(*tier.plan->medium, TierAccess::read, {Bytes{out.bytes_read}, objects(out.bytes_read)}) +
        access_price(*tier.plan->medium, TierAccess::write, {Bytes{out.bytes_written}, objects(out.bytes_written)});
  }
  return all;
}

void Tiers::check_end_of_run(TimePoint now, bool stopped) {
  for (Tier& tier : tiers_) {
    for (Instance& instance : tier.instances) {
      instance.store->settle(now);
      instance.store->check_consistency(now, !stopped);
      SIM_CHECK(stopped || instance.loads == 0, "a tier counts loads though nothing is loaded");
    }
  }
}

}  // namespace cleave
