#include "sim/policy/disaggregations.h"

namespace cleave {
namespace {

class UncachedSuffix final : public DisaggregationPolicy {
 public:
  explicit UncachedSuffix(Tokens limit) : limit_(limit) {}

  DisaggregationDecision decide(const RequestView& request, const DisaggregationView& sides) override {
    const Tokens uncached = request.input - longest_match(sides.local);
    const bool remote = limit_ > Tokens{0} && uncached > limit_;
    return {remote, remote ? "uncached suffix is long" : "uncached suffix is short",
            static_cast<double>(uncached.value()), static_cast<double>(limit_.value()), false};
  }

 private:
  Tokens limit_;
};

}  // namespace

std::unique_ptr<DisaggregationPolicy> make_uncached_suffix(const DisaggregationParams& params) {
  return std::make_unique<UncachedSuffix>(params.non_cached_tokens);
}

}  // namespace cleave
