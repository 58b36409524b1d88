// Blocks that stay on a replica for somebody elsewhere, who holds a claim on them; and what happens when they do not.
#include <utility>

#include "models/units/check.h"
#include "sim/cluster/cluster.h"

namespace cleave {

std::uint32_t Cluster::park(ReplicaId at, std::vector<BlockId>& blocks) {
  const std::uint32_t index = parked_.take();
  Parked& parked = parked_[index];
  parked.at = at;
  parked.uses = 1;
  parked.claimed = parked.waits = false;
  parked.crashes = site(at).crashes;
  parked.blocks.swap(blocks);
  blocks.clear();
  return index;
}

void Cluster::unpark(std::uint32_t index) {
  Parked& parked = parked_[index];
  SIM_CHECK(parked.uses > 0, "blocks are let go of more often than they were held");
  if (--parked.uses > 0) return;
  std::vector<BlockId> blocks;
  blocks.swap(parked.blocks);
  if (site(parked.at).crashes == parked.crashes) site(parked.at).replica->release_blocks(blocks);
  // The replica may have parked more meanwhile: look the slot up again.
  Parked& emptied = parked_[index];
  blocks.clear();
  emptied.blocks.swap(blocks);  // keeps the storage
  emptied.keys.clear();
  parked_.release(index);
}

/// From now on it is a claim that holds what a request keeps elsewhere.
void Cluster::claim(LiveId id, std::optional<KeptBlocks> LiveRequest::*member, ReplicaId claimant, Bytes bytes) {
  const std::uint32_t parked = ((*live_.find(id)).*member)->parked;
  parked_[parked].claimed = true;
  const ReplicaId keeper = parked_[parked].at;
  const ClaimTerms terms{KeeperId{keeper.index()},
                         ClaimantId{claimant.index()},
                         bytes,
                         scenario_.kv_gc.lease,
                         true,
                         regions_.one_way(region_of(claimant), region_of(keeper))};
  const ClaimId taken = claims_.take(terms, [this, id, member, parked](ClaimEnd end) {
    if (LiveRequest* live = live_.find(id); live != nullptr && end == ClaimEnd::too_early) {
      std::optional<KeptBlocks>& kept = live->*member;
      // The request may hold the same blocks by another claim by now, or others.
      if (kept && kept->parked == parked && kept->claim && !claims_.open(*kept->claim)) kept.reset();
    }
    unpark(parked);
    if (idle()) meter_memory();  // nobody samples any more
  });
  ((*live_.find(id)).*member)->claim = taken;
}

/// Whoever read says so; whoever kept the blocks without a claim knows.
void Cluster::leave(std::optional<KeptBlocks>& kept) {
  if (!kept) return;
  const KeptBlocks left = *std::exchange(kept, std::nullopt);
  left.claim ? claims_.release(*left.claim) : unpark(left.parked);
}

/// The prompt's KV stays for the decode side that was chosen. A decode side that reads holds a claim on it; a prefill
/// side that writes holds it itself.
void Cluster::keep_for_decode(LiveId id) {
  LiveRequest& live = *live_.find(id);
  const ReplicaId from = *live.record.prefill_replica;
  const ReplicaId to = *live.record.decode_replica;
  if (live.kept) {
    // The claim of a decode side that died holds the blocks beside the new one, until their keeper learns of it.
    if (live.kept->claim) ++parked_[live.kept->parked].uses;
    live.kept->claim.reset();
  } else {
    std::vector<BlockId>& blocks = live.prefill.blocks;
    for (std::vector<BlockId>* more : {&live.prefill.state, &live.prefill.kept}) {
      blocks.insert(blocks.end(), more->begin(), more->end());
      more->clear();
    }
    live.prefill.held = 0;
    live.kept = KeptBlocks{park(from, blocks), std::nullopt};
  }
  parked_[live.kept->parked].waits = !live.reserved;
  if (paths_.between(from, to).pushes()) return;
  const Tokens block = plan(from).params->engine.block_size;
  const Tokens whole = blocks_needed(Tokens{live.prefill.computed}, block) * block;
  claim(id, &LiveRequest::kept, to, kv_bytes(from, whole.value(), true));
}

std::vector<BlockId> Cluster::kept_at(ReplicaId at) const {
  std::vector<BlockId> handles;
  for (const Parked& parked : parked_) {
    if (parked.at == at && parked.crashes == sites_[at.index()].crashes)
      handles.insert(handles.end(), parked.blocks.begin(), parked.blocks.end());
  }
  return handles;
}

/// Every reference to a replica's blocks is a sequence's, or is kept for somebody elsewhere: none is lost, none is
/// extra.
void Cluster::check_references(ReplicaId id) {
  const Site& at = site(id);
  const KvMemory& memory = at.replica->pool();
  std::int64_t held = memory.held_blocks(kept_at(id));
  for (std::uint32_t slot = 0; slot < live_.slots(); ++slot) {
    const LiveRequest& live = live_.at(slot);
    if (!live.live) continue;
    for (const auto& [sequence, where] :
         {std::pair{&live.prefill, live.record.prefill_replica}, std::pair{&live.decode, live.record.decode_replica}}) {
      if (where != id) continue;
      for (const std::vector<BlockId>* blocks : {&sequence->blocks, &sequence->state, &sequence->kept}) {
        held += memory.held_blocks(*blocks);
      }
    }
  }
  SIM_CHECK(held == memory.references(), "references to KV blocks do not balance");
}

/// Which of `parked_` a request that lives still needs.
std::vector<bool> Cluster::parked_for_the_living() {
  std::vector<bool> wanted(parked_.slots(), false);
  for (std::uint32_t slot = 0; slot < live_.slots(); ++slot) {
    const LiveRequest& live = live_.at(slot);
    if (!live.live) continue;
    for (const auto& kept : {live.kept, live.pinned}) {
      if (kept && (!kept->claim || claims_.needed(*kept->claim))) wanted[kept->parked] = true;
    }
  }
  return wanted;
}

/// What a replica's blocks do at this moment. Blocks that somebody here uses too are active. `keeps`: some are parked.
std::array<std::int64_t, kKvStates> Cluster::states_of(Site& at, const std::vector<bool>& wanted, bool keeps) {
  const ReplicaId id = at.replica->id();
  const KvMemory& memory = at.replica->pool();
  std::vector<BlockId> handles;  // of those kept for nobody; then also of those kept for who has not come yet
  const auto add = [&](bool orphans) {
    for (std::uint32_t i = 0; i < parked_.slots(); ++i) {
      const Parked& parked = parked_[i];
      const bool orphan = parked.claimed && !wanted[i];
      if (parked.at != id || parked.crashes != at.crashes || (orphans ? !orphan : orphan || !parked.waits)) continue;
      handles.insert(handles.end(), parked.blocks.begin(), parked.blocks.end());
    }
    return memory.held_only_by(handles);
  };
  const std::int64_t orphaned = keeps ? add(true) : 0;
  const std::int64_t leased = keeps ? add(false) - orphaned : 0;
  const std::int64_t arriving = at.replica->arriving_blocks();
  std::array<std::int64_t, kKvStates> counts{};
  const auto set = [&](KvState state, std::int64_t blocks) { counts[static_cast<std::size_t>(state)] = blocks; };
  set(KvState::orphaned, orphaned);
  set(KvState::leased, leased);
  set(KvState::in_flight, arriving);
  set(KvState::active, memory.used_blocks() - orphaned - leased - arriving);
  set(KvState::idle, memory.idle_cached_blocks());
  set(KvState::free, memory.total_blocks() - memory.used_blocks() - memory.idle_cached_blocks());
  return counts;
}

/// Who reads what its keeper has freed gets something else, or nothing: the prompt is computed again.
void Cluster::lost_before_read(LiveId id) {
  ++counters_.handoffs_reclaimed;
  lose(id);
  retry(id);
}

}  // namespace cleave
