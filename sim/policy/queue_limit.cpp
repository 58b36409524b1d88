#include "models/units/error.h"
#include "sim/policy/admissions.h"

namespace cleave {
namespace {

class QueueLimit final : public AdmissionPolicy {
 public:
  explicit QueueLimit(std::int64_t limit) : limit_(limit) {}

  AdmissionDecision admit(const RequestView&, const ServingView& serving) override {
    std::int64_t waiting = 0;
    for (const ReplicaView& replica : serving.prefill.replicas) waiting += replica.load.value.waiting;
    // Compared as totals: no division, no rounding.
    const bool room = waiting < limit_ * static_cast<std::int64_t>(serving.prefill.replicas.size());
    return {room, room ? "queues below the limit" : "queues at the limit"};
  }

 private:
  std::int64_t limit_;
};

}  // namespace

std::unique_ptr<AdmissionPolicy> make_queue_limit(const AdmissionParams& params) {
  if (*params.max_waiting_per_replica < 0) {
    throw ConfigError("queue_limit: `max_waiting_per_replica` must be at least 0");
  }
  return std::make_unique<QueueLimit>(*params.max_waiting_per_replica);
}

}  // namespace cleave
