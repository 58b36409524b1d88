#include <algorithm>

#include "models/units/check.h"
#include "models/units/error.h"
#include "sim/policy/disaggregations.h"

namespace cleave {
namespace {

class Prfaas final : public DisaggregationPolicy {
 public:
  explicit Prfaas(const DisaggregationParams& params)
      : params_(params), threshold_(static_cast<double>(params.threshold.value())) {}

  DisaggregationDecision decide(const RequestView& request, const DisaggregationView& sides) override {
    const bool congested = is_congested(request, sides);
    adjust(congested, sides.local.now);
    const bool tight = congested || threshold_ > lowest();
    const Tokens local = longest_match(sides.local);
    const Tokens known = tight ? local : std::max(local, longest_match(sides.remote));
    const auto length = static_cast<double>((request.input - known).value());
    DisaggregationDecision decision;
    decision.remote = length > threshold_;
    decision.reason = decision.remote ? (tight ? "long, though the link is tight" : "long")
                                      : (tight ? "too short for a tight link" : "short");
    decision.score = length;
    decision.threshold = threshold_;
    decision.copy_prefix = !tight;
    return decision;
  }

 private:
  [[nodiscard]] double lowest() const { return static_cast<double>(params_.threshold.value()); }

  /// Whether any link from the remote side's regions to the client's is.
  [[nodiscard]] bool is_congested(const RequestView& request, const DisaggregationView& sides) const {
    SIM_CHECK(sides.local.estimates != nullptr, "prfaas needs to see links");
    return std::any_of(sides.remote.replicas.begin(), sides.remote.replicas.end(), [&](const ReplicaView& replica) {
      if (replica.region == request.home) return false;
      const WanLoad load = sides.local.estimates->wan(replica.region, request.home);
      return load.utilisation > params_.max_egress || load.backlog > params_.max_egress_backlog;
    });
  }

  void adjust(bool congested, TimePoint now) {
    if (now - adjusted_ < params_.feedback_interval) return;
    adjusted_ = now;
    threshold_ =
        congested ? threshold_ * params_.feedback_step : std::max(lowest(), threshold_ / params_.feedback_step);
  }

  DisaggregationParams params_;
  double threshold_;
  TimePoint adjusted_;
};

}  // namespace

std::unique_ptr<DisaggregationPolicy> make_prfaas(const DisaggregationParams& params) {
  if (params.feedback_step <= 1) throw ConfigError("prfaas: `feedback_step` must be above 1");
  if (params.feedback_interval <= Duration{0}) throw ConfigError("prfaas: `feedback_interval` must be above 0");
  return std::make_unique<Prfaas>(params);
}

}  // namespace cleave
