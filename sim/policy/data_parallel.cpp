#include <map>

#include "sim/policy/routes.h"

namespace cleave {
namespace {

/// vLLM's balancing of data-parallel engines: their counts come at intervals, and between two of them a client adds
/// what it has sent itself to those that wait.
class DataParallel final : public RoutePolicy {
 public:
  RouteDecision route(const RequestView&, const ClusterView& cluster) override {
    const ReplicaView* best = nullptr;
    std::int64_t lowest = 0;
    for (const ReplicaView& replica : cluster.replicas) {
      const std::int64_t score = score_of(replica);
      if (best == nullptr || score < lowest || (score == lowest && replica.id < best->id)) {
        best = &replica;
        lowest = score;
      }
    }
    // A current signal counts the request by itself as soon as it has arrived.
    if (best->load.as_of < cluster.now) ++sent_[best->id].requests;
    return {best->id, "fewest, waiting ones four times", static_cast<double>(lowest)};
  }

 private:
  static constexpr std::int64_t kWaitingWeight = 4;
  struct Sent {
    TimePoint since;  // the report on which they are not counted yet
    std::int64_t requests = 0;
  };

  std::int64_t score_of(const ReplicaView& replica) {
    Sent& sent = sent_[replica.id];
    if (replica.load.as_of != sent.since) sent = {replica.load.as_of, 0};
    return kWaitingWeight * (replica.load.value.waiting + sent.requests) + replica.load.value.running;
  }

  std::map<ReplicaId, Sent> sent_;
};

}  // namespace

std::unique_ptr<RoutePolicy> make_data_parallel(const RoutePolicyParams&, Rng) {
  return std::make_unique<DataParallel>();
}

}  // namespace cleave
