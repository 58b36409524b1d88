#include "sim/cluster/claims.h"

#include <algorithm>
#include <utility>

#include "models/units/check.h"

namespace cleave {

Claims::Claims(const ClaimBookParams& params, Kernel& kernel, std::function<bool()> else_pending)
    : book_(params), kernel_(kernel), else_pending_(std::move(else_pending)) {}

ClaimId Claims::take(const ClaimTerms& terms, EndFn end) {
  const ClaimId id = book_.take(terms, kernel_.now());
  if (id.slot() >= armed_.size()) armed_.resize(id.slot() + 1);
  armed_[id.slot()].end = std::move(end);
  arm(id);
  return id;
}

void Claims::release(ClaimId claim) {
  if (!needed(claim)) return;
  book_.release(claim, kernel_.now());
  arm(claim);
}

void Claims::claimant_died(ClaimantId claimant) {
  for (const ClaimId claim : book_.claimant_died(claimant, kernel_.now())) arm(claim);
}

void Claims::keeper_died(KeeperId keeper) {
  // All at once: whoever is told may take new claims, under the names of those that are over.
  std::vector<EndFn> ends;
  for (const ClaimId claim : book_.keeper_died(keeper, kernel_.now())) {
    disarm(armed_[claim.slot()]);
    ends.push_back(take_end(claim));
  }
  for (const EndFn& end : ends) end(ClaimEnd::keeper_died);
}

Claims::EndFn Claims::take_end(ClaimId claim) {
  return std::exchange(armed_[claim.slot()].end, nullptr);
}

void Claims::disarm(Armed& at) {
  if (!at.armed) return;
  kernel_.cancel(at.event);
  at.armed = false;
  watching_ -= at.watches ? 1 : 0;
}

void Claims::arm(ClaimId claim) {
  Armed& at = armed_[claim.slot()];
  disarm(at);
  const auto due = book_.due(claim, kernel_.now());
  if (!due) return;
  at.armed = true;
  at.watches = book_.claim(claim).needed();
  watching_ += at.watches ? 1 : 0;
  at.event = kernel_.at(std::max(*due, kernel_.now()), {Phase::decision}, [this, claim] { on_due(claim); });
}

void Claims::on_due(ClaimId claim) {
  Armed& at = armed_[claim.slot()];
  at.armed = false;
  watching_ -= at.watches ? 1 : 0;
  const ClaimantId claimant = book_.claim(claim).terms.claimant;
  if (!look(claim)) {
    if (book_.open(claim) && (!at.watches || else_pending_())) arm(claim);
    return;
  }
  // A holder that was silent for too long loses all it has with whoever did not hear it.
  for (const ClaimId other : book_.claims_of(claimant)) {
    if (book_.open(other)) look(other);
  }
}

bool Claims::look(ClaimId claim) {
  const ClaimBook::Verdict verdict = book_.look(claim, kernel_.now());
  if (verdict == ClaimBook::Verdict::stays) return false;
  disarm(armed_[claim.slot()]);
  const bool early = verdict == ClaimBook::Verdict::freed_early;
  if (!early) reclaim_.add(book_.last_wait());
  take_end(claim)(early ? ClaimEnd::too_early : ClaimEnd::freed);
  return early;
}

GcOutcome Claims::outcome() const {
  const TimePoint now = kernel_.now();
  GcOutcome out;
  out.counters = book_.counters(now);
  out.unreclaimed = book_.unreclaimed();
  out.orphaned_bytes = book_.orphaned_bytes();
  out.peak_orphaned_bytes = book_.peak_orphaned_bytes();
  out.leaked_byte_seconds = book_.leaked_byte_seconds(now);
  out.reclaim = reclaim_;
  out.counted = now - kStartOfTime;
  return out;
}

}  // namespace cleave
