#pragma once
// A request's journey through the cluster: arrival, routing, prefill, hand-off, decode, end. docs/flow.md names the
// hops.

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "models/units/slot_pool.h"
#include "sim/cluster/claims.h"
#include "sim/cluster/directory.h"
#include "sim/cluster/estimates.h"
#include "sim/cluster/federation_outcome.h"
#include "sim/cluster/fleet.h"
#include "sim/cluster/index_desk.h"
#include "sim/cluster/live_request.h"
#include "sim/cluster/platform.h"
#include "sim/cluster/tiers.h"
#include "sim/cluster/transfer_paths.h"
#include "sim/core/kernel.h"
#include "sim/engine/replica.h"
#include "sim/metrics/recorder.h"
#include "sim/policy/registry.h"
#include "sim/scenario/scenario.h"
#include "sim/transfer/kv_mover.h"

namespace cleave {

/// What the cluster counts beside the requests' own records.
struct ClusterCounters {
  std::uint64_t rejected_by_admission = 0;
  std::uint64_t rejected_too_long = 0;  // could never be held by any replica
  std::uint64_t clients_gave_up = 0;    // before the first token
  std::uint64_t clients_stopped = 0;    // while they read
  std::uint64_t rejected_when_computed = 0;
  std::uint64_t held_back = 0;
  std::uint64_t replica_crashes = 0;
  std::uint64_t requests_lost_to_crashes = 0;  // stays that ended with a crash; each is retried or failed
  std::uint64_t handoffs_redirected = 0;       // the decode side crashed, the KV did not: sent to another replica
  std::uint64_t requests_retried = 0;
  std::uint64_t messages_lost = 0;
  std::uint64_t handoffs = 0;
  std::uint64_t handoffs_waited = 0;     // found no KV space on the decode side at first
  std::uint64_t handoffs_reclaimed = 0;  // the prefill side freed the KV before it was read: computed again
  std::uint64_t reads_undetected = 0;    // of KV that its replica had freed, and nobody noticed
  std::uint64_t handoffs_preempted = 0;  // streams stopped, and their space given back, as the prompt lost its KV
  std::uint64_t pulls = 0;
  std::uint64_t pulls_without_room = 0;
  std::uint64_t stores = 0;
  std::uint64_t blocks_stored = 0;
  std::uint64_t blocks_not_stored = 0;  // cached already, or no room
  std::uint64_t tier_loads = 0;
  std::uint64_t tier_loads_stopped = 0;       // before all had arrived
  std::uint64_t tier_loads_without_room = 0;  // in the accelerator's memory
  std::uint64_t tier_hits_computed = 0;       // it was cheaper than loading, or the hit was too short
  std::uint64_t tier_loads_with_step = 0;     // of the loads: layer by layer, behind the step's own layers
  std::uint64_t tier_loads_from_back = 0;     // of the loads: while the front was computed
  std::int64_t tokens_met = 0;                // that tiers had, and that were computed before the load came to them
  Duration load_stall{};                      // by which steps were longer than their computing, for loads with them
  std::uint64_t unusable_loads = 0;           // what was read was not whole, or not in time: computed instead
};

class Cluster {
 public:
  /// Everything is borrowed and outlives the cluster. `pools` and `platform` come from the same scenario.
  Cluster(const Scenario& scenario, const std::vector<PoolPlan>& pools, const std::vector<TierPlan>& tiers,
          const Platform& platform, Kernel& kernel, Workload& workload, Recorder& recorder);
  ~Cluster();

  /// Arms the first arrival, the scripted faults and the samples.
  void start();

  /// Nothing is left to arrive and nobody is under way.
  [[nodiscard]] bool idle();

  /// Records everyone still under way as unfinished: the run was stopped.
  void abandon();

  [[nodiscard]] std::size_t under_way() const { return live_.size(); }
  /// A line a replica: who waits for what. For the message of a run that makes no progress.
  [[nodiscard]] std::string state_text();

  /// Conservation of requests, blocks, bytes and waiting time. `stopped`: the run ended with requests under way.
  void check_end_of_run(bool stopped);

  [[nodiscard]] std::uint64_t offered() const { return offered_; }
  /// When the last request that ended so far did.
  [[nodiscard]] TimePoint last_end() const { return last_end_; }
  [[nodiscard]] const ClusterCounters& counters() const { return counters_; }
  [[nodiscard]] const MoverCounters& movements() const { return mover_.counters(); }
  [[nodiscard]] const std::vector<WanCount>& wan_counts() const { return wan_.counts(); }
  [[nodiscard]] Replica& replica(ReplicaId id) { return *sites_[id.index()].replica; }
  [[nodiscard]] IndexOutcome index_outcome() const { return index_.outcome(); }
  [[nodiscard]] FederationOutcome federation_outcome();
  [[nodiscard]] std::vector<TierOutcome> tier_outcome() const;
  [[nodiscard]] GcOutcome gc_outcome() const { return claims_.outcome(); }
  /// Byte-seconds of pools' KV memory by KvState, from samples: each holds until the next.
  [[nodiscard]] std::vector<std::array<double, kKvStates>> memory_byte_seconds() const;
  [[nodiscard]] PoolSample sample(PoolId pool);
  [[nodiscard]] std::uint64_t preemptions();
  /// Of all replicas: tokens that engines looked up in their prefix caches, and found.
  [[nodiscard]] LookupCounters lookups() const;

 private:
  class Events;  // a replica's listener
  class Blocks;  // hears of a replica's blocks
  class Prefixes;
  class TierConnector;  // a replica's side of loads that its engine begins

  /// A replica and what surrounds it.
  struct Site {
    std::unique_ptr<Events> events;
    std::unique_ptr<Replica> replica;
    PoolId pool;
    ReplicaPlace place;
    std::deque<LiveId> reserving;  // wait for KV space here, in order
    QueueMeter reserving_meter;
    std::uint32_t lose_messages = 0;  // the next so many notices get lost
    std::vector<double> link_faults;  // factors in force
    std::uint32_t crashes = 0;        // what was held before a crash is no more
    std::optional<ReplicaLoad> reported;
    TimePoint reported_at;
    std::deque<Observed<ReplicaLoad>>
        reports;  // to other regions, oldest first: those that may still be the latest there
  };

  // arrival.cpp
  void arm_arrival();
  void on_arrival();
  void admit(LiveId id);
  enum class Admission : std::uint8_t { granted, held, refused };
  Admission ask_admission(LiveId id);
  void ask_again_soon();
  void ask_again();
  void route(LiveId id);
  void depart(LiveId id);
  void start_prefill(LiveId id);
  void enqueue_prefill(LiveId id);
  void try_again_later(LiveId id);
  void retry(LiveId id);
  void route_after(LiveId id, Duration delay);
  void answer(LiveId id, ReplicaId from, Outcome outcome);
  void finish(LiveId id, Outcome outcome);
  void give_up(LiveId id);

  // regions_at_work.cpp
  void look_up(LiveId id);
  void ask_region(LiveId id, RegionId asked);
  [[nodiscard]] std::span<const ReplicaId> choose_side(LiveId id, const Prefixes& prefixes);
  [[nodiscard]] std::optional<PrefixFetch> longest_elsewhere(ReplicaId at, const ClusterView& candidates) const;
  void report_to_regions();
  [[nodiscard]] RegionId region_of(ReplicaId id) const { return sites_[id.index()].place.region; }
  [[nodiscard]] Duration message_delay(ReplicaId a, ReplicaId b) const;
  [[nodiscard]] Observed<ReplicaLoad> load_seen_from(RegionId home, Site& site);

  // prefix_fetch.cpp
  bool fetch_decoded(LiveId id);
  bool ask_holder(LiveId id);
  [[nodiscard]] bool still_fetches(LiveId id, std::uint32_t attempt);
  void on_holder_asked(LiveId id);
  void begin_fetch(LiveId id, ReplicaId holder, std::size_t from, std::size_t until, bool asks_first);
  void on_fetched(LiveId id, Bytes bytes, MovementEnd end);
  void compute_instead(LiveId id);

  // views.cpp
  [[nodiscard]] RequestView view_of(const LiveRequest& live) const;
  /// Replicas that can take the request now: up, of its model, large enough. The result is overwritten by the next
  /// call.
  std::span<const ReplicaId> candidates(const LiveRequest& live, bool decode_side);
  [[nodiscard]] ReplicaLoad load_of(Site& site);
  /// Lives as long as `into` is left alone.
  [[nodiscard]] ClusterView view(const LiveRequest& live, std::span<const ReplicaId> candidates,
                                 const Prefixes& prefixes, std::vector<ReplicaView>& into);
  void report_loads();
  void log(LiveId id, DecisionStage stage, const RouteDecision& decision, std::size_t candidates);

  // handoff.cpp
  void on_chunk(LiveId id, const PrefillChunk& chunk, Duration step);
  void on_prefilled(LiveId id);
  void on_preempted(LiveId id);
  bool choose_decode(LiveId id);
  [[nodiscard]] bool keeps(LiveId id);
  void ask_for_space(LiveId id);
  void on_space_asked(LiveId id);
  void grant_space(ReplicaId decode);
  [[nodiscard]] std::vector<BlockKey>* decode_keys(LiveRequest& live);
  void on_space_granted(LiveId id);
  void send_prefix(LiveId id, std::int64_t tokens);
  /// Tokens [begin, end) of a request's prompt, with or without its constant state.
  struct Part {
    std::int64_t begin = 0;
    std::int64_t end = 0;
    bool state = false;
  };
  void send_chunk(LiveId id, Part part, Duration step);
  void move(LiveId id, Part part, Duration produced_in);
  [[nodiscard]] std::int64_t runs_of(const KvPath& path, std::span<const BlockId> from, std::span<const BlockId> to,
                                     std::size_t first, std::int64_t blocks) const;
  void on_moved(LiveId id, Bytes bytes, MovementEnd end);
  void deliver(LiveId id);
  void give_up_prompt(LiveId id);

  // kept.cpp: blocks that stay for somebody elsewhere
  std::uint32_t park(ReplicaId at, std::vector<BlockId>& blocks);
  void unpark(std::uint32_t parked);
  void claim(LiveId id, std::optional<KeptBlocks> LiveRequest::*kept, ReplicaId claimant, Bytes bytes);
  void leave(std::optional<KeptBlocks>& kept);
  void keep_for_decode(LiveId id);
  /// Handles of blocks that stay on a replica for somebody elsewhere.
  [[nodiscard]] std::vector<BlockId> kept_at(ReplicaId at) const;
  [[nodiscard]] std::vector<bool> parked_for_the_living();
  [[nodiscard]] std::array<std::int64_t, kKvStates> states_of(Site& at, const std::vector<bool>& wanted, bool keeps);
  void check_references(ReplicaId at);
  void lost_before_read(LiveId id);

  // output_kv.cpp
  [[nodiscard]] DecodeKv decode_kv(bool split) const;
  bool store_output(LiveId id);
  void on_stored(std::uint32_t parked, MovementEnd end);

  // kv_index.cpp
  void arm_index();
  void sync_replicas();
  void ask_index(std::span<const BlockKey> keys, RequestId request, std::span<std::uint32_t> out);
  void tell_index(LiveId id, std::span<const ReplicaId> candidates);
  void lease_prefix(LiveId id);
  void end_lease(LiveId id);
  [[nodiscard]] std::uint64_t key_root(const PoolPlan& pool) const;

  // tier_loads.cpp
  bool load_from_tiers(LiveId id);
  void queue_and_load(LiveId id, std::size_t local, const ReusePlan& reuse);
  void on_loaded(LiveId id, std::size_t blocks);
  [[nodiscard]] Duration prompt_time(ReplicaId at, Tokens from, Tokens until) const;
  [[nodiscard]] Duration step_time(ReplicaId at, std::size_t from_block, std::size_t until_block) const;
  [[nodiscard]] ReusePlan worth_loading(ReplicaId at, ReusePlan plan, std::size_t local, Tokens prompt) const;
  [[nodiscard]] bool worth_meeting(ReplicaId at, const ReusePlan& plan, std::size_t local, Tokens prompt) const;
  void stop_loading(LiveId id);
  void cancel_loading(LiveId id);
  void stop_idle_loads(ReplicaId at);
  void offload(LiveId id, ReplicaId from, std::int64_t tokens);
  void close_session(LiveId id);

  // faults.cpp
  void arm_faults();
  void crash(ReplicaId id, Duration down_for);
  void degrade_links(ReplicaId id, double fault, bool begins);
  void hand_off_elsewhere(LiveId id);
  void lose(LiveId id);

  // cluster.cpp
  void read_truth(std::span<const BlockKey> keys, HeldBlocks out);
  void on_finished(LiveId id, Sequence& sequence);
  void sample_all();
  void meter_memory();
  void observe_again(Duration interval, Phase phase, EventFn fn);
  [[nodiscard]] Site& site(ReplicaId id) { return sites_[id.index()]; }
  [[nodiscard]] const PoolPlan& plan(ReplicaId id) const { return pools_[sites_[id.index()].pool.index()]; }
  [[nodiscard]] Bytes kv_bytes(ReplicaId at, std::int64_t tokens, bool with_state) const;
  void after(Duration delay, Phase phase, EventFn fn);

  /// Blocks that stay held after their request has moved on: until a message arrives, or a movement has read them.
  struct Parked {
    ReplicaId at;
    std::uint32_t uses = 1;     // claims, and whoever holds them without one
    bool claimed = false;       // ever
    bool waits = false;         // nobody reads them yet
    std::uint32_t crashes = 0;  // of that replica, when parked
    std::vector<BlockId> blocks;
    ReplicaId to;  // where their content goes, and under which names
    std::uint32_t to_crashes = 0;
    std::vector<BlockKey> keys;
    std::size_t first = 0;  // of the keys that are sent; the ones before are what they continue
  };

  const Scenario& scenario_;
  const std::vector<PoolPlan>& pools_;
  Kernel& kernel_;
  Workload& workload_;
  Recorder& recorder_;
  RegionMap regions_;
  TransferPaths paths_;
  WanMeter wan_;
  ClusterEstimates estimates_;
  KvMover mover_;
  Claims claims_;
  std::unique_ptr<AdmissionPolicy> admission_;
  std::unique_ptr<RoutePolicy> prefill_route_;
  std::unique_ptr<RoutePolicy> decode_route_;
  std::unique_ptr<DisaggregationPolicy>
      disaggregation_;  // nullptr: the prefill policy chooses among all who can compute
  IndexDesk index_;
  std::unique_ptr<Directory> directory_;                    // nullptr: one region
  std::unique_ptr<Tiers> tiers_;                            // nullptr: none
  std::vector<StateMeter> memory_;                          // by PoolId
  std::vector<std::unique_ptr<Blocks>> told_;               // by ReplicaId
  std::vector<std::unique_ptr<TierConnector>> connectors_;  // by ReplicaId
  std::uint64_t epoch_ = 0;                                 // versions of the model so far
  std::vector<Site> sites_;                                 // by ReplicaId
  /// Where requests of a class can go, and the longest context that fits there.
  struct Reach {
    std::vector<ReplicaId> prefill;  // prefill and mixed replicas
    std::vector<ReplicaId> decode;
    Tokens mixed_limit;
    Tokens prefill_limit;
    Tokens decode_limit;
  };
  std::vector<Reach> reach_;  // by ClassId
  std::vector<std::int32_t> class_priority_;
  std::vector<RegionId> class_region_;
  std::vector<LiveId> held_;           // back by admission, in order of arrival
  bool asks_again_ = false;            // about them, at this instant
  bool caches_ = false;                // some pool has a prefix cache: keys are needed
  std::vector<ReplicaId> candidates_;  // scratch
  LiveTable live_;
  std::vector<ReplicaId> everyone_;  // who could compute the prompt that is routed; scratch, as the next four
  std::vector<ReplicaView> view_;
  std::vector<ReplicaView> other_view_;
  std::vector<ReplicaId> local_side_;
  std::vector<ReplicaId> remote_side_;
  EventId arrival_;
  std::optional<TimePoint> armed_for_;
  SlotPool<Parked, std::deque<Parked>> parked_;
  std::vector<BlockId> pinned_;  // for a write to tiers that is about to begin
  std::size_t observers_ = 0;    // their events that are armed
  std::uint64_t offered_ = 0;
  std::uint64_t synced_in_ = 0;  // the kernel's count of events when replicas last told all they knew
  TimePoint last_end_;
  ClusterCounters counters_;
  FederationCounters federation_;
};

}  // namespace cleave
