#include <algorithm>

#include "models/units/error.h"
#include "sim/policy/admissions.h"

namespace cleave {
namespace {

class PrefillBacklog final : public AdmissionPolicy {
 public:
  explicit PrefillBacklog(double steps) : steps_(steps) {}

  AdmissionDecision admit(const RequestView&, const ServingView& serving) override {
    const auto replicas = serving.prefill.replicas;
    const bool room = std::any_of(replicas.begin(), replicas.end(), [&](const ReplicaView& replica) {
      const auto pending = static_cast<double>(replica.load.value.pending_tokens.value());
      return pending <= steps_ * static_cast<double>(replica.step_budget.value());
    });
    return {room, room ? "some replica has a short backlog" : "all backlogs are long", !room};
  }

 private:
  double steps_;
};

}  // namespace

std::unique_ptr<AdmissionPolicy> make_prefill_backlog(const AdmissionParams& params) {
  if (*params.queue_threshold < 0) throw ConfigError("prefill_backlog: `queue_threshold` must be at least 0");
  return std::make_unique<PrefillBacklog>(*params.queue_threshold);
}

}  // namespace cleave
