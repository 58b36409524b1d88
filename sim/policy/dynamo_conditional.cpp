#include "models/units/error.h"
#include "sim/policy/disaggregations.h"

namespace cleave {
namespace {

class DynamoConditional final : public DisaggregationPolicy {
 public:
  DynamoConditional(Tokens longest, std::int64_t queue) : longest_(longest), queue_(queue) {}

  DisaggregationDecision decide(const RequestView& request, const DisaggregationView& sides) override {
    const Tokens uncached = request.input - longest_match(sides.local);
    std::int64_t waiting = 0;
    for (const ReplicaView& replica : sides.remote.replicas) waiting += replica.load.value.waiting;
    DisaggregationDecision decision;
    decision.score = static_cast<double>(uncached.value());
    decision.threshold = static_cast<double>(longest_.value());
    decision.remote = uncached > longest_ && waiting < queue_;
    decision.reason = uncached <= longest_ ? "short enough to compute there"
                      : decision.remote    ? "long, and prefill replicas are free"
                                           : "long, but prefill replicas are busy";
    return decision;
  }

 private:
  Tokens longest_;
  std::int64_t queue_;
};

}  // namespace

std::unique_ptr<DisaggregationPolicy> make_dynamo_conditional(const DisaggregationParams& params) {
  if (params.max_local_prefill_length < Tokens{0} || params.max_prefill_queue_size < 0) {
    throw ConfigError("dynamo: `max_local_prefill_length` and `max_prefill_queue_size` must be at least 0");
  }
  return std::make_unique<DynamoConditional>(params.max_local_prefill_length, params.max_prefill_queue_size);
}

}  // namespace cleave
