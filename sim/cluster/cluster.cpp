#include "sim/cluster/cluster.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "models/units/check.h"
#include "sim/cluster/block_news.h"
#include "sim/cluster/prefixes.h"
#include "sim/cluster/tier_connector.h"

namespace cleave {

/// Passes a replica's news on, by the name of the request.
class Cluster::Events final : public ReplicaListener {
 public:
  Events(Cluster& cluster, ReplicaId id) : cluster_(cluster), id_(id) {}

  void on_chunk(Sequence& sequence, const PrefillChunk& chunk, Duration step) override {
    cluster_.on_chunk(cluster_.live_.id_of(sequence.owner), chunk, step);
  }
  void on_prefilled(Sequence& sequence) override { cluster_.on_prefilled(cluster_.live_.id_of(sequence.owner)); }
  void on_preempted(Sequence& sequence) override { cluster_.on_preempted(cluster_.live_.id_of(sequence.owner)); }
  void on_finished(Sequence& sequence) override {
    cluster_.on_finished(cluster_.live_.id_of(sequence.owner), sequence);
  }
  void on_token_gaps(ClassId cls, Duration gap, std::int64_t count, TimePoint at) override {
    cluster_.recorder_.inter_token_gap(cls, gap, count, at);
  }
  void on_blocks_freed() override { cluster_.grant_space(id_); }
  void on_step_done() override { cluster_.check_references(id_); }
  void on_prompts_advanced() override { cluster_.ask_again_soon(); }

 private:
  Cluster& cluster_;
  ReplicaId id_;
};

namespace {

IndexSetup index_setup(const Scenario& scenario, const std::vector<PoolPlan>& pools) {
  IndexSetup setup{{}, pools.front().params->engine.block_size, RngBook{scenario.seed}.stream("kv/index/losses")};
  for (const PoolPlan& pool : pools) {
    setup.holder_blocks.insert(setup.holder_blocks.end(), pool.params->replicas, pool.kv_blocks.value_or(0));
  }
  return setup;
}

/// Whether anybody asks what is cached on a pool's replicas: a decode side may be chosen without.
bool routed_by_prefix(const PoolPlan& pool, const Scenario& scenario) {
  if (pool.params->role != ReplicaRole::decode) return true;
  constexpr std::array<std::string_view, 4> kByPrefix{"longest_prefix", "kv_cost", "sticky_region", "prefix_federated"};
  return std::find(kByPrefix.begin(), kByPrefix.end(), scenario.router.decode.name) != kByPrefix.end();
}

DirectorySetup directory_setup(const Scenario& scenario, const std::vector<PoolPlan>& pools, const Platform& platform) {
  IndexSetup index = index_setup(scenario, pools);
  DirectorySetup setup{
      {}, std::move(index.holder_blocks), index.block_size, RngBook{scenario.seed}.stream("federation/directory")};
  for (const ReplicaPlace& place : platform.replicas) setup.region_of.push_back(place.region);
  return setup;
}

}  // namespace

Cluster::Cluster(const Scenario& scenario, const std::vector<PoolPlan>& pools, const std::vector<TierPlan>& tiers,
                 const Platform& platform, Kernel& kernel, Workload& workload, Recorder& recorder)
    : scenario_(scenario),
      pools_(pools),
      kernel_(kernel),
      workload_(workload),
      recorder_(recorder),
      regions_(scenario),
      paths_(scenario, pools, platform),
      wan_(platform, regions_),
      estimates_(pools, platform, paths_, regions_, wan_),
      mover_(kernel, scenario.transfer),
      claims_({scenario.kv_gc, scenario.transfer.message_latency, platform.replicas.size(), scenario.seed}, kernel,
              [this] { return kernel_.pending() > observers_ + claims_.watching(); }),
      index_(make_prefix_index(scenario.prefix_index, index_setup(scenario, pools)), platform.replicas.size(), kernel,
             [this](std::span<const BlockKey> keys, HeldBlocks out) { read_truth(keys, out); }) {
  mover_.observe(wan_);
  if (regions_.count() > 1) {
    directory_ = std::make_unique<Directory>(
        scenario.federation.directory, regions_, directory_setup(scenario, pools, platform), kernel,
        [this](std::span<const BlockKey> keys, HeldBlocks out) { read_truth(keys, out); });
  }
  if (!tiers.empty()) {
    tiers_ = std::make_unique<Tiers>(scenario, tiers, platform, kernel, mover_, claims_,
                                     pools.front().params->engine.block_size);
  }
  const RngBook rngs{scenario.seed};
  admission_ = make_admission_policy(scenario.router.admission);
  prefill_route_ = make_route_policy(scenario.router.prefill, rngs.stream("router/prefill"));
  decode_route_ = make_route_policy(scenario.router.decode, rngs.stream("router/decode"));
  if (scenario.router.disaggregation) disaggregation_ = make_disaggregation_policy(*scenario.router.disaggregation);
  for (const PoolPlan& pool : pools_) memory_.emplace_back(pool.params->replicas * pool.kv_blocks.value_or(0));
  for (std::size_t p = 0; p < pools_.size(); ++p) {
    const PoolPlan& pool = pools_[p];
    caches_ = caches_ || pool.params->engine.enable_prefix_caching;
    for (std::uint32_t i = 0; i < pool.params->replicas; ++i) {
      const ReplicaId id{sites_.size()};
      Site& at = sites_.emplace_back();
      at.events = std::make_unique<Events>(*this, id);
      EngineParams engine = pool.engine();
      // What a lazily applied step evicts would be written late.
      if (tiers_ && tiers_->writes_on_eviction()) engine.coalesce_decode = false;
      at.replica = std::make_unique<Replica>(
          ReplicaParams{id, pool.params->role, engine, pool.kv_blocks, pool.key_root, pool.state_blocks,
                        pool.kept_state_blocks, pool.stages(), scenario.seed},
          *pool.cost, kernel_, *at.events);
      told_.push_back(std::make_unique<Blocks>(*this, id));
      if (told_.back()->wanted(routed_by_prefix(pool, scenario))) at.replica->observe(*told_.back());
      connectors_.push_back(std::make_unique<TierConnector>(*this, id));
      if (tiers_ && pool.params->role != ReplicaRole::decode) at.replica->set_connector(*connectors_.back());
      at.pool = PoolId{p};
      at.place = platform.replicas[id.index()];
    }
  }
  for (const ClassParams& cls : scenario.workload.classes) {
    class_priority_.push_back(cls.priority);
    class_region_.push_back(regions_.named(cls.region));
    Reach& reach = reach_.emplace_back();
    for (std::size_t i = 0; i < sites_.size(); ++i) {
      const ReplicaId id{i};
      const Replica& replica = *sites_[i].replica;
      if (plan(id).params->model != (cls.model.empty() ? scenario.model : cls.model)) continue;
      const ReplicaRole role = replica.role();
      (role == ReplicaRole::decode ? reach.decode : reach.prefill).push_back(id);
      Tokens& limit = role == ReplicaRole::mixed     ? reach.mixed_limit
                      : role == ReplicaRole::prefill ? reach.prefill_limit
                                                     : reach.decode_limit;
      limit = std::max(limit, replica.max_context());
      if (role == ReplicaRole::mixed && disaggregation_) {  // it also decodes what is computed apart
        reach.decode.push_back(id);
        reach.decode_limit = std::max(reach.decode_limit, replica.max_context());
      }
    }
  }
}

Cluster::~Cluster() = default;

void Cluster::read_truth(std::span<const BlockKey> keys, HeldBlocks out) {
  for (std::size_t i = 0; i < out.size(); ++i) {
    Replica& holder = *sites_[i].replica;
    out[i] = static_cast<std::uint32_t>(full_blocks(holder.cached_prefix(keys), holder.engine().block_size));
  }
}

void Cluster::start() {
  arm_arrival();
  arm_faults();
  arm_index();
  if (scenario_.router.signal_interval > Duration{0}) {
    ++observers_;
    after(Duration{0}, Phase::fault, [this] { report_loads(); });
  }
  if (regions_.count() > 1) {
    ++observers_;
    after(Duration{0}, Phase::fault, [this] { report_to_regions(); });
  }
  ++observers_;
  after(Duration{0}, Phase::observe, [this] { sample_all(); });
}

bool Cluster::idle() {
  return live_.size() == 0 && !workload_.next_arrival().has_value();
}

void Cluster::after(Duration delay, Phase phase, EventFn fn) {
  kernel_.at(kernel_.now() + delay, {phase}, std::move(fn));
}

Bytes Cluster::kv_bytes(ReplicaId at, std::int64_t tokens, bool with_state) const {
  const PoolPlan& pool = plan(at);
  const double bytes =
      pool.kv_bytes_per_token * static_cast<double>(tokens) + (with_state ? pool.kv_bytes_per_sequence : 0.0);
  return Bytes{std::llround(bytes)};
}

void Cluster::on_finished(LiveId id, Sequence& sequence) {
  LiveRequest& live = *live_.find(id);
  end_lease(id);
  const bool decoded_elsewhere = &sequence == &live.decode;
  Replica& at = *site(decoded_elsewhere ? *live.record.decode_replica : *live.record.prefill_replica).replica;
  if (!decoded_elsewhere && live.reserved) {
    // One token was asked for and the prefill side sent it: nothing is handed off after all.
    for (const MovementId movement : live.movements) mover_.cancel(movement);
    site(*live.record.decode_replica).replica->release(live.decode);
  }
  if (!live.split) offload(id, at.id(), sequence.computed);
  close_session(id);
  const bool stored = decoded_elsewhere && decode_kv(true) == DecodeKv::store && store_output(id);
  if (!stored) at.release(sequence);
  const bool stopped = live_.find(id)->request.stops_at.has_value();
  counters_.clients_stopped += stopped ? 1 : 0;
  answer(id, at.id(), stopped ? Outcome::cancelled : Outcome::completed);
}

PoolSample Cluster::sample(PoolId pool) {
  PoolSample sum;
  for (Site& at : sites_) {
    if (at.pool != pool) continue;
    Replica& replica = *at.replica;
    const KvMemory& blocks = replica.pool();
    const ReplicaUsage usage = replica.usage();
    sum.waiting += replica.waiting() + at.reserving_meter.length();
    sum.running += replica.running();
    sum.kv_blocks_used += blocks.used_blocks();
    sum.kv_blocks_cached += blocks.idle_cached_blocks();
    sum.kv_blocks_total += blocks.total_blocks();
    sum.replicas_up += replica.up() ? 1 : 0;
    sum.busy_seconds += to_seconds(usage.busy);
    sum.tokens_computed += usage.tokens_computed;
  }
  return sum;
}

void Cluster::sample_all() {
  for (std::size_t p = 0; p < pools_.size(); ++p) recorder_.sample(kernel_.now(), PoolId{p}, sample(PoolId{p}));
  kernel_.sample_links();
  meter_memory();
  observe_again(scenario_.output.timeseries_interval, Phase::observe, [this] { sample_all(); });
}

/// What pools' memory holds now counts until the next sample.
void Cluster::meter_memory() {
  std::vector<bool> keeps(sites_.size(), false);
  bool any = false;
  for (const Parked& parked : parked_) {
    if (parked.uses == 0) continue;
    keeps[parked.at.index()] = any = true;
  }
  const std::vector<bool> wanted = any ? parked_for_the_living() : std::vector<bool>{};
  std::vector<std::array<std::int64_t, kKvStates>> counts(pools_.size());
  for (std::size_t i = 0; i < sites_.size(); ++i) {
    const std::size_t p = sites_[i].pool.index();
    if (!pools_[p].kv_blocks) continue;
    const auto here = states_of(sites_[i], wanted, keeps[i]);
    for (std::size_t s = 0; s < kKvStates; ++s) counts[p][s] += here[s];
  }
  for (std::size_t p = 0; p < pools_.size(); ++p) {
    if (pools_[p].kv_blocks) memory_[p].set(counts[p], kernel_.now());
  }
}

std::vector<std::array<double, kKvStates>> Cluster::memory_byte_seconds() const {
  std::vector<std::array<double, kKvStates>> all;
  for (std::size_t p = 0; p < pools_.size(); ++p) {
    const double block =
        static_cast<double>(pools_[p].params->engine.block_size.value()) * pools_[p].kv_bytes_per_token;
    auto& states = all.emplace_back();
    for (std::size_t s = 0; s < kKvStates; ++s) {
      states[s] = memory_[p].unit_seconds(static_cast<KvState>(s), kernel_.now()) * block;
    }
  }
  return all;
}

/// Observers go on for as long as there is something to see: requests under way, and anything armed besides themselves.
/// Otherwise a run without progress would be watched for ever.
void Cluster::observe_again(Duration interval, Phase phase, EventFn fn) {
  if (observers_ > 0) --observers_;
  if (idle() || kernel_.pending() <= observers_ + claims_.watching()) return;
  ++observers_;
  after(interval, phase, std::move(fn));
}

std::string Cluster::state_text() {
  std::string text;
  for (Site& at : sites_) {
    const KvMemory& pool = at.replica->pool();
    text += "\n  " + pools_[at.pool.index()].params->name + " replica " + std::to_string(at.replica->id().value()) +
            ": " + std::to_string(at.replica->waiting()) + " waiting, " + std::to_string(at.replica->running()) +
            " running, " + std::to_string(at.reserving_meter.length()) + " waiting for KV space, " +
            std::to_string(pool.used_blocks()) + " of " + std::to_string(pool.total_blocks()) + " KV blocks held";
  }
  return text;
}

std::uint64_t Cluster::preemptions() {
  std::uint64_t sum = 0;
  for (const Site& at : sites_) sum += at.replica->preemptions();
  return sum;
}

LookupCounters Cluster::lookups() const {
  LookupCounters sum;
  for (const Site& at : sites_) {
    sum.queries += at.replica->lookups().queries;
    sum.hits += at.replica->lookups().hits;
    sum.external_hits += at.replica->lookups().external_hits;
  }
  return sum;
}

void Cluster::abandon() {
  for (Site& at : sites_) {
    at.replica->settle();
    check_references(at.replica->id());
  }
  for (std::uint32_t slot = 0; slot < live_.slots(); ++slot) {
    const LiveId id = live_.id_of(slot);
    LiveRequest* live = live_.find(id);
    if (live == nullptr) continue;
    live->record.outcome = Outcome::unfinished;
    recorder_.finished(live->record);
    live_.close(id);
  }
}

void Cluster::check_end_of_run(bool stopped) {
  for (Site& at : sites_) {
    at.replica->pool().check_consistency();
    if (!stopped) check_references(at.replica->id());
  }
  index_.check_consistency();
  claims_.check_consistency();
  if (directory_) directory_->check_consistency();
  for (const StateMeter& memory : memory_) memory.check(kernel_.now());
  if (tiers_) tiers_->check_end_of_run(kernel_.now(), stopped);
  if (stopped) return;
  SIM_CHECK(live_.size() == 0, "the clock stopped with requests under way");
  for (Site& at : sites_) {
    SIM_CHECK(at.replica->pool().used_blocks() == at.replica->pool().held_only_by(kept_at(at.replica->id())),
              "KV blocks are held though no request is left and no claim is open");
    SIM_CHECK(at.replica->pending_tokens() == 0, "prompt tokens are pending though no request is left");
    at.replica->waiting_meter().check_empty_and_balanced();
    at.reserving_meter.check_empty_and_balanced();
  }
  mover_.check_idle();
}

}  // namespace cleave
