// Scripted faults, and what becomes of the requests they hit.
#include <algorithm>
#include <type_traits>

#include "models/units/check.h"
#include "sim/cluster/cluster.h"

namespace cleave {

void Cluster::arm_faults() {
  const auto replica_of = [this](const auto& fault) {
    for (const PoolPlan& pool : pools_) {
      if (pool.params->name == fault.pool) return ReplicaId{pool.first_replica.index() + fault.replica};
    }
    SIM_CHECK(false, "a fault names a pool that does not exist");
  };
  for (const FaultParams& any : scenario_.faults) {
    std::visit(
        [&](const auto& fault) {
          using Fault = std::remove_cvref_t<decltype(fault)>;
          const ReplicaId id = replica_of(fault);
          if constexpr (std::is_same_v<Fault, CrashFault>) {
            after(fault.at, Phase::fault, [this, id, down_for = fault.down_for] { crash(id, down_for); });
          } else if constexpr (std::is_same_v<Fault, LinkFault>) {
            after(fault.at, Phase::fault, [this, id, factor = fault.factor] { degrade_links(id, factor, true); });
            after(fault.at + fault.lasts, Phase::fault,
                  [this, id, factor = fault.factor] { degrade_links(id, factor, false); });
          } else {
            after(fault.at, Phase::fault, [this, id] { ++site(id).lose_messages; });
          }
        },
        any);
  }
}

/// One link fault begins or ends; of those in force the worst counts.
void Cluster::degrade_links(ReplicaId id, double fault, bool begins) {
  std::vector<double>& faults = site(id).link_faults;
  if (begins)
    faults.push_back(fault);
  else
    faults.erase(std::find(faults.begin(), faults.end(), fault));
  const double factor = faults.empty() ? 1.0 : *std::min_element(faults.begin(), faults.end());
  const ReplicaPlace& place = site(id).place;
  mover_.note_arrivals();
  for (const LinkId link : {place.nic_out, place.nic_in}) {
    if (factor > 0) kernel_.scale_link(link, factor);
    kernel_.set_link_up(link, factor > 0);
  }
}

void Cluster::crash(ReplicaId id, Duration down_for) {
  Site& at = site(id);
  if (!at.replica->up()) return;  // down already
  ++counters_.replica_crashes;
  ++at.crashes;
  mover_.disconnect(at.place.memory);
  at.replica->crash();
  claims_.claimant_died(ClaimantId{id.index()});
  if (tiers_) tiers_->crash(id);
  for (const LiveId waiting : at.reserving)
    at.reserving_meter.leave(live_.find(waiting)->reserving_since, kernel_.now());
  at.reserving.clear();
  for (std::uint32_t slot = 0; slot < live_.slots(); ++slot) {
    const LiveId hit = live_.id_of(slot);
    LiveRequest* live = live_.find(hit);
    if (live == nullptr || live->stage == Stage::routing || live->stage == Stage::answering) continue;
    if (live->stage != Stage::decode && live->record.prefill_replica == id) {
      live->prefill.blocks.clear();
      live->prefill.state.clear();
      live->prefill.kept.clear();
      ++counters_.requests_lost_to_crashes;
      lose(hit);
      retry(hit);
    } else if (live->stage == Stage::fetching && live->pinned && parked_[live->pinned->parked].at == id) {
      compute_instead(hit);
    } else if (live->record.decode_replica == id && !live->decode_chosen) {  // it holds something there
      live->decode.blocks.clear();
      live->decode.state.clear();
      live->decode.kept.clear();
      const bool kv_survives = live->prefilled && live->stage != Stage::decode && live->kept;
      if (kv_survives) {
        ++counters_.handoffs_redirected;
        hand_off_elsewhere(hit);
      } else {
        ++counters_.requests_lost_to_crashes;
        lose(hit);
        retry(hit);
      }
    }
  }
  claims_.keeper_died(KeeperId{id.index()});
  after(down_for, Phase::fault, [this, id] {
    site(id).replica->restart();
    ask_again_soon();
  });
}

/// The decode side crashed before it had everything, but the prefill side still holds the KV.
void Cluster::hand_off_elsewhere(LiveId id) {
  LiveRequest& live = *live_.find(id);
  for (const MovementId movement : live.movements) mover_.cancel(movement);
  live.movements.clear();
  live.unsent.clear();
  live.open_movements = 0;
  live.reserved = false;
  live.decode_has = live.streamed = 0;
  ++live.attempt;
  if (!choose_decode(id)) {
    lose(id);
    return retry(id);
  }
  keep_for_decode(id);
  live.stage = Stage::reserving;
  ask_for_space(id);
}

/// Takes a request off every replica and link. What KV it had will be computed again.
void Cluster::lose(LiveId id) {
  LiveRequest& live = *live_.find(id);
  for (const MovementId movement : live.movements) mover_.cancel(movement);
  live.movements.clear();
  live.open_movements = 0;
  cancel_loading(id);
  end_lease(id);
  leave(live.kept);
  leave(live.pinned);
  const bool decoding = live.stage == Stage::decode;
  if (!decoding && live.record.prefill_replica && site(*live.record.prefill_replica).replica->up()) {
    site(*live.record.prefill_replica).replica->abort(live.prefill);
  }
  if (live.record.decode_replica && site(*live.record.decode_replica).replica->up()) {
    Site& to = site(*live.record.decode_replica);
    const auto same = [&](const LiveId& other) { return other.slot == id.slot; };
    if (const auto at = std::find_if(to.reserving.begin(), to.reserving.end(), same); at != to.reserving.end()) {
      to.reserving.erase(at);
      to.reserving_meter.leave(live.reserving_since, kernel_.now());
    }
    if (live.reserved) to.replica->abort(live.decode);
  }
  live.prefill.lost = decoding ? live.decode.computed : std::max(live.prefill.computed, live.prefill.lost);
  live.reserved = live.prefilled = false;
}

}  // namespace cleave
