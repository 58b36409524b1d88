#include <algorithm>
#include <deque>

#include "models/units/check.h"
#include "models/units/error.h"
#include "sim/policy/admissions.h"

namespace cleave {
namespace {

/// A load of 1 is a prediction at its limit.
class EarlyRejection final : public AdmissionPolicy {
 public:
  explicit EarlyRejection(const EarlyRejectionParams& params) : params_(params) {}

  AdmissionDecision admit(const RequestView& request, const ServingView& serving) override {
    const Duration prefill = predicted_ttft(request, serving.prefill);
    if (prefill > params_.ttft) return {false, "predicted first token is too late"};
    if (params_.rule != RejectionRule::late && serving.decode) {
      const bool predicts = params_.rule == RejectionRule::predicted;
      const double load =
          predicts ? load_at(serving.prefill.now + prefill, request, *serving.decode) : present_load(*serving.decode);
      if (load > 1) return {false, "predicted token gaps are too long"};
    }
    if (params_.rule == RejectionRule::predicted) decoding_from_.push_back(serving.prefill.now + prefill);
    return {true, "within the limits"};
  }

  bool keep(const RequestView&, const ClusterView& decode) override {
    return params_.rule != RejectionRule::late || present_load(decode) <= 1;
  }

 private:
  static const ServiceEstimates& estimates_of(const ClusterView& cluster) {
    SIM_CHECK(cluster.estimates != nullptr, "early rejection needs estimates");
    return *cluster.estimates;
  }

  /// On the replica where it is soonest.
  static Duration predicted_ttft(const RequestView& request, const ClusterView& cluster) {
    std::optional<Duration> least;
    for (const ReplicaView& replica : cluster.replicas) {
      const Tokens cached = cluster.prefixes.matched(replica.id).value;
      const Duration here = estimates_of(cluster).backlog(replica.id, replica.load.value.pending_tokens) +
                            estimates_of(cluster).prefill(replica.id, request.input - cached, cached);
      least = std::min(here, least.value_or(here));
    }
    return *least;
  }

  /// Mean over decode replicas of what a step would take with one more sequence, of the limit.
  [[nodiscard]] double present_load(const ClusterView& decode) const {
    double sum = 0;
    for (const ReplicaView& replica : decode.replicas) {
      const ReplicaLoad& load = replica.load.value;
      sum += load_of(decode, replica, load.running + load.waiting, load.kv_blocks);
    }
    return sum / static_cast<double>(decode.replicas.size());
  }

  /// Those admitted whose prompts are done by then and who have not decoded for `decode_time`, spread evenly.
  [[nodiscard]] double load_at(TimePoint time, const RequestView& request, const ClusterView& decode) {
    while (!decoding_from_.empty() && decoding_from_.front() + params_.decode_time <= decode.now)
      decoding_from_.pop_front();
    const auto there = std::count_if(decoding_from_.begin(), decoding_from_.end(),
                                     [&](TimePoint from) { return from <= time && time < from + params_.decode_time; });
    const auto replicas = static_cast<std::int64_t>(decode.replicas.size());
    const std::int64_t each = (there + replicas - 1) / replicas;
    std::int64_t running = 0;
    std::int64_t blocks = 0;
    for (const ReplicaView& replica : decode.replicas) {
      running += replica.load.value.running + replica.load.value.waiting;
      blocks += replica.load.value.kv_blocks;
    }
    // Sequences to come are as long as those that are there; with none there, as this one.
    const std::int64_t one = running > 0 ? blocks / running : request.input.value() / kBlockTokens;
    return load_of(decode, decode.replicas.front(), each, each * one);
  }

  [[nodiscard]] double load_of(const ClusterView& decode, const ReplicaView& replica, std::int64_t sequences,
                               std::int64_t blocks) const {
    const std::int64_t more = sequences > 0 ? blocks / sequences : 0;
    return to_seconds(estimates_of(decode).decode_step(replica.id, sequences + 1, blocks + more)) /
           to_seconds(params_.tbt);
  }

  static constexpr std::int64_t kBlockTokens = 16;
  EarlyRejectionParams params_;
  std::deque<TimePoint> decoding_from_;  // predicted, of requests admitted; in order of admission
};

}  // namespace

std::unique_ptr<AdmissionPolicy> make_early_rejection(const AdmissionParams& params) {
  const EarlyRejectionParams& limits = *params.early_rejection;
  if (limits.ttft <= Duration{0} || limits.tbt <= Duration{0} || limits.decode_time <= Duration{0}) {
    throw ConfigError("early_rejection: `ttft`, `tbt` and `decode_time` must be longer than zero");
  }
  return std::make_unique<EarlyRejection>(limits);
}

}  // namespace cleave
