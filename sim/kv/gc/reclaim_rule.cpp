#include "sim/kv/gc/reclaim_rule.h"

#include <algorithm>

#include "models/units/check.h"

namespace cleave {
namespace {

constexpr TimePoint kForever = TimePoint::max();

/// The earlier of what a claimant's word and its silence lead to.
std::optional<TimePoint> earlier(std::optional<TimePoint> notice, TimePoint silence) {
  return notice ? std::min(*notice, silence) : silence;
}

class Lease final : public ReclaimRule {
 public:
  explicit Lease(const RuleSetup& setup)
      : margin_(setup.params.skew_margin),
        latency_(setup.latency),
        behind_(setup.behind),
        beats_(setup.params.heartbeat.value_or(setup.params.lease / 3), setup.latency, setup.params.message_loss,
               setup.losses) {}

  /// The first term is by the keeper's clock; a heartbeat says until when the claimant's own clock makes it last.
  std::optional<TimePoint> ends_at(const Claim& claim, TimePoint now) const override {
    const ClaimTerms& terms = claim.terms;
    TimePoint until = claim.taken + terms.lease;
    if (terms.renewed) {
      const TimePoint last = claim.done.value_or(kForever);
      if (const auto heard = beats_.last_heard(terms.claimant, terms.keeper, claim.taken, last, now))
        until = std::max(until, *heard - behind_[terms.claimant.index()] + terms.lease);
    }
    return earlier(claim.notice, until + margin_);
  }
  bool may_end_early(const Claim& claim) const override {
    if (!claim.terms.renewed || !beats_.lossless()) return true;
    return beats_.interval() + latency_ + behind_[claim.terms.claimant.index()] >= claim.terms.lease + margin_;
  }
  std::optional<Duration> bound(const Claim& claim) const override {
    const Duration ahead = -std::min(Duration{0}, behind_[claim.terms.claimant.index()]);
    return claim.terms.lease + margin_ + ahead;
  }
  int notices() const override { return 1; }
  const Beats* beats() const override { return &beats_; }
  bool beats_for(const Claim& claim) const override { return claim.terms.renewed; }

 private:
  Duration margin_;
  Duration latency_;
  std::vector<Duration> behind_;
  Beats beats_;
};

class LocalCount final : public ReclaimRule {
 public:
  explicit LocalCount(const RuleSetup& setup) : latency_(setup.latency) {}
  std::optional<TimePoint> ends_at(const Claim& claim, TimePoint) const override { return claim.notice; }
  bool may_end_early(const Claim&) const override { return false; }
  std::optional<Duration> bound(const Claim& claim) const override {
    return claim.notice ? std::optional{latency_ + claim.terms.farther} : std::nullopt;
  }
  int notices() const override { return 1; }

 private:
  Duration latency_;
};

/// A reference's weight travels with it and comes back with its holder's word, so that no return can overtake what it
/// returns. References are given out by their keepers alone, hence never split further.
class WeightedCount final : public ReclaimRule {
 public:
  explicit WeightedCount(const RuleSetup& setup)
      : ttl_(setup.params.holder_ttl),
        latency_(setup.latency),
        beats_(setup.params.heartbeat.value_or(ttl_ / 3), setup.latency, setup.params.message_loss, setup.losses) {}

  /// The registry hears of a holder when it is given a reference, and then at intervals; the keeper hears a message
  /// later of what the registry found.
  std::optional<TimePoint> ends_at(const Claim& claim, TimePoint now) const override {
    const ClaimTerms& terms = claim.terms;
    const TimePoint last = claim.died.value_or(kForever);
    const TimePoint heard =
        beats_.last_heard(terms.claimant, hearer(terms.keeper), claim.taken, last, now).value_or(claim.taken);
    return earlier(claim.notice, heard + latency_ + ttl_ + latency_);
  }
  bool may_end_early(const Claim&) const override { return !beats_.lossless() || beats_.interval() >= ttl_; }
  std::optional<Duration> bound(const Claim& claim) const override {
    if (claim.notice) return 2 * latency_ + claim.terms.farther;
    if (claim.died) return *claim.died - *claim.done + ttl_ + 2 * latency_;
    return std::nullopt;  // its word was lost, and the holder is well
  }
  int notices() const override { return 2; }
  int registrations() const override { return 1; }
  const Beats* beats() const override { return &beats_; }
  KeeperId hearer(KeeperId) const override { return KeeperId{0xffffffffU}; }

 private:
  Duration ttl_;
  Duration latency_;
  Beats beats_;
};

class MarkSweep final : public ReclaimRule {
 public:
  explicit MarkSweep(const RuleSetup& setup)
      : latency_(setup.latency), marks_(setup.params.epoch, setup.latency, setup.params.message_loss, setup.losses) {}

  /// One mark may get lost: it takes two that are missing.
  std::optional<TimePoint> ends_at(const Claim& claim, TimePoint now) const override {
    const ClaimTerms& terms = claim.terms;
    const Duration epoch = marks_.interval();
    const TimePoint last = claim.done.value_or(kForever);
    const auto heard = marks_.last_heard(terms.claimant, terms.keeper, claim.taken, last, now);
    const std::int64_t marked = heard.value_or(claim.taken).time_since_epoch() / epoch;
    return TimePoint{(marked + 2) * epoch} + latency_;
  }
  bool may_end_early(const Claim&) const override { return !marks_.lossless(); }
  std::optional<Duration> bound(const Claim&) const override { return 2 * marks_.interval() + latency_; }
  int notices() const override { return 0; }
  const Beats* beats() const override { return &marks_; }

 private:
  Duration latency_;
  Beats marks_;
};

class Tombstone final : public ReclaimRule {
 public:
  explicit Tombstone(const RuleSetup& setup) : grace_(setup.params.grace) {}
  std::optional<TimePoint> ends_at(const Claim& claim, TimePoint) const override { return claim.taken + grace_; }
  bool may_end_early(const Claim&) const override { return true; }
  std::optional<Duration> bound(const Claim&) const override { return grace_; }
  int notices() const override { return 0; }

 private:
  Duration grace_;
};

}  // namespace

std::unique_ptr<ReclaimRule> make_reclaim_rule(const RuleSetup& setup) {
  switch (setup.params.scheme) {
    case GcScheme::lease:
      return std::make_unique<Lease>(setup);
    case GcScheme::local_count:
      return std::make_unique<LocalCount>(setup);
    case GcScheme::weighted_count:
      return std::make_unique<WeightedCount>(setup);
    case GcScheme::mark_sweep:
      return std::make_unique<MarkSweep>(setup);
    case GcScheme::tombstone:
      return std::make_unique<Tombstone>(setup);
  }
  SIM_CHECK(false, "a scheme without a rule");
}

}  // namespace cleave
