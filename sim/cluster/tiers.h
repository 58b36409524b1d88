#pragma once
// The tiers of a run: what lies where, and KV on its way between them and the accelerators.

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "models/units/slot_pool.h"
#include "sim/cluster/claims.h"
#include "sim/cluster/platform.h"
#include "sim/cluster/tier_plan.h"
#include "sim/core/kernel.h"
#include "sim/policy/route.h"
#include "sim/transfer/kv_mover.h"

namespace cleave {

/// Consecutive blocks of a prompt that one tier has.
struct ReusePiece {
  std::size_t tier = 0;
  std::size_t first_object = 0;
  std::size_t objects = 0;
  std::size_t first_block = 0;  // those of the first object that a nearer place has are not counted
  std::size_t until_block = 0;
};

/// How a load arrives.
enum class LoadOrder : std::uint8_t {
  whole,       // used when all is there
  in_batches,  // may be stopped: what has arrived by then, in batches, is used
  by_layer,    // all blocks' first layers, then their second ones: a step computes layer by layer behind it
  from_back,   // the last blocks first, down to where its reader has come from the front
};
struct LoadShape {
  LoadOrder order = LoadOrder::whole;
  Duration compute{};  // by_layer: of the step, which begins now
};

/// What a load brought: blocks [from, until) of the prompt, all usable. `layers_end`: when the step ends that waited
/// for it layer by layer.
struct LoadEnd {
  std::size_t from = 0;
  std::size_t until = 0;
  TimePoint layers_end;
};

/// What could be loaded behind the blocks that a replica has itself: pieces in order, without gaps.
struct ReusePlan {
  std::vector<ReusePiece> pieces;
  std::size_t until_block = 0;
  [[nodiscard]] bool empty() const { return pieces.empty(); }
  /// Nothing behind block `until`, which is where an object ends.
  void cut(std::size_t until);
};

struct TierOutcome {
  std::string name;
  std::string medium;
  std::size_t instances = 0;
  Bytes capacity;  // of all instances
  Bytes object;
  TierCounters counters;
  std::int64_t bytes_read = 0;
  std::int64_t bytes_written = 0;
  std::int64_t tokens_loaded = 0;
  std::array<double, kKvStates> byte_seconds{};  // by KvState
  std::optional<Usd> rent;                       // of the capacity for the run's time
  Usd access_fees;
};

class Tiers {
 public:
  /// Everything is borrowed and outlives the tiers.
  Tiers(const Scenario& scenario, const std::vector<TierPlan>& plans, const Platform& platform, Kernel& kernel,
        KvMover& mover, Claims& claims, Tokens block_size);
  ~Tiers();

  /// What lies in the tiers that a replica reaches, behind its own first `local` blocks. Counts as a look-up.
  [[nodiscard]] ReusePlan plan(ReplicaId replica, std::span<const BlockKey> keys, std::size_t local);
  /// The same, for whoever only wants to know.
  [[nodiscard]] ReusePlan peek(ReplicaId replica, std::span<const BlockKey> keys, std::size_t local) const;
  /// Ends what is over by now in the tiers that a replica reaches, so that peek() says what plan() would.
  void settle(ReplicaId replica);
  /// The same as tokens by kind of place, for a router; nothing is counted.
  [[nodiscard]] PrefixSources sources(ReplicaId replica, std::span<const BlockKey> keys, Tokens device) const;
  /// How long blocks [from, until) of a plan would take to load, as far as can be known now: loads under way share.
  [[nodiscard]] Duration estimate(ReplicaId replica, const ReusePlan& plan, std::size_t from, std::size_t until) const;

  /// Loads a plan into a replica, as part of a turn. `done` is called once, never after cancel_load(); of a load that
  /// brought nothing usable `from` equals `until`. From the front, `from` is `local`.
  using LoadFn = std::function<void(const LoadEnd&)>;
  std::uint32_t load(ReplicaId to, std::span<const BlockKey> keys, std::size_t local, const ReusePlan& plan,
                     const LoadShape& shape, Turn turn, LoadFn done);
  void cancel_load(std::uint32_t load);
  /// Of a load from the back: how long until everything from `block` on will have arrived, as far as can be known now.
  [[nodiscard]] Duration brings(std::uint32_t load, std::size_t block) const;
  /// The last block from which on the load can bring everything, at or before `block`: objects come whole.
  [[nodiscard]] std::size_t boundary(std::uint32_t load, std::size_t block) const;
  /// A load from the back goes no further down than `block`. It may end by that, but not before this returns.
  void stop_at(std::uint32_t load, std::size_t block);
  /// Ends a load with what has arrived so far: done() is called before this returns.
  void stop_load(std::uint32_t load);

  /// A prompt's first blocks exist on a replica: writes what the tiers want of them. `release` is called when the
  /// source is no longer read; it may be called before this returns.
  void offload(ReplicaId from, std::span<const BlockKey> keys, Turn turn, std::function<void()> release);
  /// A session is over: the tiers that its last prompt's replica reaches hear so.
  void close_session(ReplicaId replica, std::span<const BlockKey> keys, SessionId session);
  /// Blocks that a replica's memory gives up at this moment.
  void give_up(ReplicaId from, BlockKey key);
  /// Whether anything is written when memory gives it up.
  [[nodiscard]] bool writes_on_eviction() const { return writes_on_eviction_; }
  /// The replica died: what it was writing stays behind.
  void crash(ReplicaId replica);
  void next_epoch();

  [[nodiscard]] std::vector<TierOutcome> outcome(TimePoint now) const;
  /// `stopped`: the run ended with movements under way.
  void check_end_of_run(TimePoint now, bool stopped);

 private:
  /// One piece of a load.
  struct PieceName {
    std::uint32_t load = 0;
    std::size_t piece = 0;
    bool operator==(const PieceName&) const = default;
  };
  struct Instance {
    std::unique_ptr<TierStore> store;
    TierPlace place;
    KeeperId keeper;
    std::vector<PieceName> loads;  // under way, in order of their beginning
  };
  struct Tier {
    const TierPlan* plan = nullptr;
    std::vector<Instance> instances;
    const std::vector<std::uint32_t>* of_replica = nullptr;
    bool hands_on = false;                                   // a tier behind this one takes what is computed, too
    std::unordered_map<std::uint64_t, std::uint32_t> asked;  // selective: how often, of what is not here
    std::int64_t bytes_read = 0;
    std::int64_t bytes_written = 0;
    std::int64_t tokens_loaded = 0;
    std::uint64_t read_accesses = 0;
    std::uint64_t write_accesses = 0;
  };
  struct PieceLoad {
    ReusePiece piece;
    std::size_t wanted = 0;  // objects: the last so many of the piece
    std::uint32_t read = 0;
    ClaimId claim;
    MovementId movement;
    TierStages stages;
    TimePoint begins;  // its first byte comes then at the earliest
    ArrivalCurve arrivals;
    bool ended = false;
    bool usable = false;
  };
  struct Load {
    ReplicaId to;
    std::size_t local = 0;
    LoadShape shape;
    Turn turn;
    TimePoint began;
    std::vector<PieceLoad> pieces;
    std::size_t open = 0;
    LoadFn done;
    std::uint32_t generation = 0;
    bool live = false;
  };
  struct Write {
    ReplicaId writer;
    std::size_t tier = 0;
    std::uint32_t instance = 0;
    std::uint32_t put = 0;
    std::int64_t objects = 0;
    MovementId movement;
    std::vector<BlockKey> chain;  // for the tier behind, if it takes what is computed
    Turn turn;
    std::function<void()> release;
    bool live = false;
  };

  [[nodiscard]] Instance& reached(std::size_t tier, ReplicaId replica) {
    return tiers_[tier].instances[(*tiers_[tier].of_replica)[replica.index()]];
  }
  [[nodiscard]] const Instance& reached(std::size_t tier, ReplicaId replica) const {
    return tiers_[tier].instances[(*tiers_[tier].of_replica)[replica.index()]];
  }
  /// The objects that whole chunks of a chain make; `room` keeps them where they are not the blocks themselves.
  [[nodiscard]] static std::span<const BlockKey> objects_of(std::span<const BlockKey> keys, std::int64_t chunk_blocks,
                                                            std::vector<BlockKey>& room);
  // tier_reads.cpp
  template <class Find>
  [[nodiscard]] ReusePlan plan_with(std::span<const BlockKey> keys, std::size_t local, const Find& find) const;
  [[nodiscard]] BytesPerSecond route_rate(ReplicaId replica, const Instance& from) const;
  [[nodiscard]] Duration route_latency(ReplicaId replica, const Instance& from) const;
  void cut_into_pieces(Load& load, const ReusePlan& plan) const;
  void begin_piece(std::uint32_t load, std::size_t piece, std::span<const BlockKey> keys);
  void divide(std::size_t tier, const Instance& instance);
  void on_piece(std::uint32_t load, std::uint32_t generation, std::size_t piece, bool delivered);
  void drop_piece(std::uint32_t load, std::size_t piece);
  [[nodiscard]] LoadEnd end_of(const Load& load) const;
  void finish(std::uint32_t load);

  // tiers.cpp
  void write(ReplicaId writer, PlaceId from, std::size_t tier, std::span<const BlockKey> chain,
             std::optional<Turn> turn, std::function<void()> release);
  void on_written(std::uint32_t write, bool delivered);
  void flush_given_up(ReplicaId from);
  [[nodiscard]] std::size_t wanted(std::size_t tier, std::span<const BlockKey> objects);

  const Scenario& scenario_;
  const Platform& platform_;
  Kernel& kernel_;
  KvMover& mover_;
  Claims& claims_;
  Tokens block_size_;
  std::vector<Tier> tiers_;
  SlotPool<Load, std::deque<Load>> loads_;
  SlotPool<Write, std::deque<Write>> writes_;
  std::vector<std::vector<BlockKey>> given_up_;  // by ReplicaId, at this instant
  std::vector<std::uint32_t> accepted_;          // by a store, of the latest put
  bool writes_on_eviction_ = false;
};

}  // namespace cleave
