#pragma once
// When the keeper of a claimed block lets go of it: one rule a scheme. Facts in, times out.

#include <memory>
#include <optional>

#include "sim/kv/gc/beats.h"
#include "sim/kv/gc/claim.h"
#include "sim/kv/gc/params.h"

namespace cleave {

class ReclaimRule {
 public:
  virtual ~ReclaimRule() = default;

  /// When the keeper lets go if it hears nothing after `now`; nullopt: never. Falls only when a notice is under way.
  [[nodiscard]] virtual std::optional<TimePoint> ends_at(const Claim& claim, TimePoint now) const = 0;
  /// Whether that could come while the claim is needed: then the keeper must be asked again in time.
  [[nodiscard]] virtual bool may_end_early(const Claim& claim) const = 0;
  /// The longest that a claim can stay when nobody needs it any more; nullopt: no bound.
  [[nodiscard]] virtual std::optional<Duration> bound(const Claim& claim) const = 0;
  /// Messages on a claimant's word that it needs a claim no more, one after another; 0: the scheme knows none.
  [[nodiscard]] virtual int notices() const = 0;
  /// Messages when a claim is taken.
  [[nodiscard]] virtual int registrations() const { return 0; }

  /// What holders send at intervals; nullptr: nothing.
  [[nodiscard]] virtual const Beats* beats() const { return nullptr; }
  /// Whether `claim` is among what a holder's beats are about.
  [[nodiscard]] virtual bool beats_for(const Claim&) const { return true; }
  /// Who hears a holder's beats about claims with a keeper: that keeper, or for all of them one registry.
  [[nodiscard]] virtual KeeperId hearer(KeeperId keeper) const { return keeper; }
};

/// What a rule is made of.
struct RuleSetup {
  GcParams params;
  Duration latency;              // of a message
  std::vector<Duration> behind;  // by ClaimantId: its clock, against its keepers'
  Rng losses;
};
[[nodiscard]] std::unique_ptr<ReclaimRule> make_reclaim_rule(const RuleSetup& setup);

}  // namespace cleave
