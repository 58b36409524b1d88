#include "sim/cluster/tiers.h"

#include <algorithm>
#include <utility>

#include "models/tier/tier_cost.h"
#include "models/units/check.h"

namespace cleave {
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
      tier.instances.push_back({std::make_unique<TierStore>(params), place, KeeperId{keepers++}, {}});
      const bool demotes = t + 1 < plans.size() && plans[t + 1].params->write == TierWrite::on_eviction;
      if (demotes) tier.instances.back().store->report_evictions();
    }
  }
  for (std::size_t t = tiers_.size(); t-- > 1;) {
    tiers_[t - 1].hands_on = tiers_[t].hands_on || plans[t].params->write != TierWrite::on_eviction;
  }
  writes_on_eviction_ = !plans.empty() && plans.front().params->write == TierWrite::on_eviction;
}

Tiers::~Tiers() = default;

std::span<const BlockKey> Tiers::objects_of(std::span<const BlockKey> keys, std::int64_t chunk_blocks,
                                            std::vector<BlockKey>& room) {
  if (chunk_blocks == 1) return keys;
  const auto chunk = static_cast<std::size_t>(chunk_blocks);
  room.clear();
  room.reserve(keys.size() / chunk);
  for (std::size_t last = chunk; last <= keys.size(); last += chunk) room.push_back(keys[last - 1]);
  return room;
}

// --- writing -----------------------------------------------------------------------------------------------------

/// How many of a prompt's objects, from the first on, a tier takes now.
std::size_t Tiers::wanted(std::size_t t, std::span<const BlockKey> objects) {
  Tier& tier = tiers_[t];
  if (tier.plan->params->write == TierWrite::through) return objects.size();
  const auto enough = static_cast<std::uint32_t>(tier.plan->params->write_after_hits);
  std::size_t taken = 0;
  for (std::size_t i = 0; i < objects.size(); ++i) {
    const std::uint32_t asked = ++tier.asked[static_cast<std::uint64_t>(objects[i])];
    if (taken == i && asked >= enough) ++taken;
  }
  return taken;
}

void Tiers::offload(ReplicaId from, std::span<const BlockKey> keys, Turn turn, std::function<void()> release) {
  write(from, platform_.replicas[from.index()].memory, 0, keys, turn, std::move(release));
}

void Tiers::close_session(ReplicaId replica, std::span<const BlockKey> keys, SessionId session) {
  for (std::size_t t = 0; t < tiers_.size(); ++t) {
    std::vector<BlockKey> room;
    const auto objects = objects_of(keys, tiers_[t].plan->chunk_blocks, room);
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
  const std::vector<BlockKey> keys = std::exchange(given_up_[from.index()], {});
  write(from, platform_.replicas[from.index()].memory, 0, keys, std::nullopt, nullptr);
}

/// Offers blocks to tier `t`, then to those behind it: from where they are until the tier has them, from there after.
/// `turn`: they are the prompt of one, from its first block on, in order. Otherwise somebody's memory gives them up.
void Tiers::write(ReplicaId writer, PlaceId from, std::size_t t, std::span<const BlockKey> chain,
                  std::optional<Turn> turn, std::function<void()> release) {
  const bool linked = turn.has_value();
  for (; t < tiers_.size(); ++t) {
    Tier& tier = tiers_[t];
    const bool takes_evicted = tier.plan->params->write == TierWrite::on_eviction;
    if (takes_evicted == linked) continue;  // takes what is computed, or what is evicted before it
    Instance& to = reached(t, writer);
    std::span<const BlockKey> offered = chain;
    if (linked && tier.plan->params->prompts_only)
      offered = offered.first(std::min(offered.size(), turn->prompt_blocks));
    std::vector<BlockKey> room;
    std::span<const BlockKey> objects = objects_of(offered, tier.plan->chunk_blocks, room);
    if (linked) objects = objects.first(wanted(t, objects));
    const auto put = objects.empty() ? std::nullopt
                                     : to.store->put_start(objects, 0, kernel_.now(), accepted_, turn.value_or(Turn{}));
    const auto accepted = static_cast<std::int64_t>(accepted_.size());  // before what is demoted overwrites it
    if (const std::vector<BlockKey> demoted = to.store->take_evicted(); !demoted.empty()) {
      write(writer, to.place.place, t + 1, demoted, std::nullopt, nullptr);
    }
    if (!put) {
      if (!linked) break;  // what is evicted goes one tier down
      continue;
    }
    const std::uint32_t id = writes_.take();
    Write& write = writes_[id];
    write.writer = writer;
    write.tier = t;
    write.instance = (*tier.of_replica)[writer.index()];
    write.put = *put;
    write.objects = accepted;
    write.chain.clear();
    if (linked && tier.hands_on) write.chain.assign(chain.begin(), chain.end());
    write.turn = turn.value_or(Turn{});
    write.release = std::move(release);
    write.live = true;
    const TierStages stages = stages_of(*tier.plan, TierAccess::write, write.objects, false);
    Movement movement{from, to.place.place, write.objects * tier.plan->object, stages.before};
    movement.protocol_cap = stages.rate;
    write.movement =
        mover_.start(movement, [this, id](MovementEnd end) { on_written(id, end == MovementEnd::delivered); });
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
    tier.bytes_written += (ended.objects * tier.plan->object).value();
    ++tier.write_accesses;
  } else {
    to.store->put_revoke(ended.put, kernel_.now());
  }
  ended.live = false;
  const std::function<void()> release = std::exchange(ended.release, nullptr);
  const std::vector<BlockKey> chain = std::move(ended.chain);
  const ReplicaId writer = ended.writer;
  const std::size_t next = ended.tier + 1;
  const Turn turn = ended.turn;
  writes_.release(id);
  if (release) release();
  if (delivered && !chain.empty()) write(writer, to.place.place, next, chain, turn, nullptr);
}

void Tiers::crash(ReplicaId replica) {
  given_up_[replica.index()].clear();
  for (std::uint32_t id = 0; id < writes_.slots(); ++id) {
    Write& under_way = writes_[id];
    if (!under_way.live || under_way.writer != replica) continue;
    mover_.cancel(under_way.movement);
    tiers_[under_way.tier].instances[under_way.instance].store->put_abandon(under_way.put, kernel_.now());
    under_way.live = false;
    const std::function<void()> release = std::exchange(under_way.release, nullptr);
    writes_.release(id);
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
      SIM_CHECK(stopped || instance.loads.empty(), "a tier counts loads though nothing is loaded");
    }
  }
}

}  // namespace cleave
