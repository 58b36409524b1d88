#include "sim/kv/gc/claim_book.h"

#include <algorithm>

#include "models/units/check.h"

namespace cleave {
namespace {

RuleSetup rule_setup(const ClaimBookParams& params) {
  const RngBook book{params.seed};
  RuleSetup setup{params.gc, params.latency, {}, book.stream("kv/gc/beats")};
  for (std::size_t i = 0; i < params.claimants; ++i) {
    Rng draw = book.stream("kv/gc/clocks").below(i);
    setup.behind.push_back(nearest_nanosecond(to_seconds(params.gc.clock_skew) * (2 * uniform01(draw) - 1)));
  }
  return setup;
}

}  // namespace

ClaimBook::ClaimBook(const ClaimBookParams& params)
    : gc_(params.gc),
      latency_(params.latency),
      rule_(make_reclaim_rule(rule_setup(params))),
      notices_(RngBook{params.seed}.stream("kv/gc/notices")) {}

/// Keeps account of who sends beats, so that they need not be sent one by one.
void ClaimBook::speak(const Claim& claim, std::int64_t change, TimePoint now) {
  if (rule_->beats() == nullptr || !rule_->beats_for(claim)) return;
  Speaking& pair = speaking_[{claim.terms.claimant, rule_->hearer(claim.terms.keeper)}];
  if (pair.claims == 0) pair.since = now;
  pair.claims += change;
  SIM_CHECK(pair.claims >= 0, "a holder has fewer than no claims");
  if (pair.claims == 0) pair.sent += rule_->beats()->sent(pair.since, now);
}

void ClaimBook::note_orphans(TimePoint now, std::int64_t change) {
  leaked_ += static_cast<Area>(orphaned_.value()) * static_cast<Area>((now - leaked_at_).count());
  leaked_at_ = now;
  orphaned_ += Bytes{change};
  SIM_CHECK(orphaned_ >= Bytes{0}, "fewer than no bytes are orphaned");
  peak_ = std::max(peak_, orphaned_);
}

ClaimId ClaimBook::take(const ClaimTerms& terms, TimePoint now) {
  const std::uint32_t index = slots_.take();
  Slot& slot = slots_[index];
  slot.claim = Claim{terms, now, {}, {}, {}};
  slot.live = true;
  ++counters_.taken;
  counters_.messages += static_cast<std::uint64_t>(rule_->registrations());
  speak(slot.claim, 1, now);
  return {index, slot.generation};
}

void ClaimBook::becomes_garbage(Claim& claim, TimePoint now) {
  claim.done = now;
  speak(claim, -1, now);
  note_orphans(now, claim.terms.bytes.value());
}

void ClaimBook::release(ClaimId id, TimePoint now) {
  if (!open(id)) return;
  Claim& claim = slots_[id.slot()].claim;
  if (!claim.needed()) return;
  becomes_garbage(claim, now);
  const int hops = rule_->notices();
  Rng draw = notices_.below(counters_.taken).below(id.slot());
  for (int hop = 1; hop <= hops; ++hop) {
    ++counters_.messages;
    if (gc_.message_loss > 0 && uniform01(draw) < gc_.message_loss) {
      ++counters_.notices_lost;
      return;
    }
    if (hop == hops) claim.notice = now + hops * latency_ + claim.terms.farther;
  }
}

std::vector<ClaimId> ClaimBook::claims_of(ClaimantId claimant) const {
  std::vector<ClaimId> all;
  for (std::uint32_t i = 0; i < slots_.slots(); ++i) {
    if (slots_[i].live && slots_[i].claim.terms.claimant == claimant) all.emplace_back(i, slots_[i].generation);
  }
  return all;
}

std::vector<ClaimId> ClaimBook::claimant_died(ClaimantId claimant, TimePoint now) {
  std::vector<ClaimId> all = claims_of(claimant);
  for (const ClaimId id : all) {
    Claim& claim = slots_[id.slot()].claim;
    if (claim.died) continue;  // it was of an earlier life
    claim.died = now;
    if (!claim.needed()) continue;
    becomes_garbage(claim, now);
    ++counters_.orphaned;
  }
  return all;
}

std::vector<ClaimId> ClaimBook::keeper_died(KeeperId keeper, TimePoint now) {
  std::vector<ClaimId> over;
  for (std::uint32_t i = 0; i < slots_.slots(); ++i) {
    if (!slots_[i].live || slots_[i].claim.terms.keeper != keeper) continue;
    over.emplace_back(i, slots_[i].generation);
    ++counters_.died_with_keeper;
    close(over.back(), now);
  }
  return over;
}

void ClaimBook::close(ClaimId id, TimePoint now) {
  Slot& slot = slots_[id.slot()];
  SIM_CHECK(open(id), "a claim ends twice");
  if (slot.claim.needed()) {
    speak(slot.claim, -1, now);
  } else {
    note_orphans(now, -slot.claim.terms.bytes.value());
  }
  slot.live = false;
  ++slot.generation;
  slots_.release(id.slot());
}

std::optional<TimePoint> ClaimBook::due(ClaimId id, TimePoint now) const {
  if (!open(id)) return std::nullopt;
  const Claim& claim = slots_[id.slot()].claim;
  // Of garbage without a bound the keeper hears no more than it did: beats go on that say nothing of this claim.
  const bool watched = claim.needed() ? rule_->may_end_early(claim) : rule_->bound(claim).has_value();
  return watched ? rule_->ends_at(claim, now) : std::nullopt;
}

ClaimBook::Verdict ClaimBook::look(ClaimId id, TimePoint now) {
  SIM_CHECK(open(id), "a keeper looks at a claim that is over");
  const Claim& claim = slots_[id.slot()].claim;
  const auto ends = rule_->ends_at(claim, now);
  if (!ends || *ends > now) return Verdict::stays;
  const bool early = claim.needed();
  counters_.premature_frees += early ? 1 : 0;
  last_wait_ = early ? Duration{0} : now - *claim.done;
  if (const auto bound = rule_->bound(claim); !early && bound) {
    SIM_CHECK(last_wait_ <= *bound, "a claim was freed later than its scheme promises");
  }
  ++counters_.freed;
  close(id, now);
  return early ? Verdict::freed_early : Verdict::freed;
}

GcCounters ClaimBook::counters(TimePoint now) const {
  GcCounters all = counters_;
  for (const auto& [who, pair] : speaking_) {
    all.messages += pair.sent;
    if (pair.claims > 0) all.messages += rule_->beats()->sent(pair.since, now);
  }
  return all;
}

double ClaimBook::leaked_byte_seconds(TimePoint now) const {
  const Area open_area = static_cast<Area>(orphaned_.value()) * static_cast<Area>((now - leaked_at_).count());
  return static_cast<double>(leaked_ + open_area) * 1e-9;
}

void ClaimBook::check_consistency(TimePoint now) const {
  std::size_t open_now = 0;
  Bytes orphaned;
  for (const Slot& slot : slots_) {
    if (!slot.live) continue;
    ++open_now;
    const Claim& claim = slot.claim;
    if (claim.needed()) continue;
    orphaned += claim.terms.bytes;
    const auto bound = rule_->bound(claim);
    SIM_CHECK(!bound || now - *claim.done <= *bound, "a claim outlived its scheme's bound");
  }
  SIM_CHECK(open_now == slots_.live() && counters_.taken == counters_.freed + counters_.died_with_keeper + open_now,
            "claims that were taken are neither there nor ended");
  SIM_CHECK(orphaned == orphaned_, "the count of orphaned bytes is wrong");
}

}  // namespace cleave
