#pragma once
// What a scenario can say about control-plane choices.

#include <cstdint>
#include <optional>
#include <string>

#include "models/units/units.h"

namespace cleave {

/// kv_cost: what a block that need not be computed takes off, by where it is. Source: Dynamo's router configuration.
struct KvCostWeights {
  double overlap_weight = 1.0;       // in the device
  double host_weight = 0.75;
  double disk_weight = 0.25;
  double shared_weight = 0.5;
  double prefill_load_scale = 1.0;   // of blocks to compute against blocks being decoded
  double temperature = 0.0;          // 0: the lowest cost; above: drawn, cheaper ones more often
  Tokens block_size{16};             // in which costs are counted
};

/// scores: what each view of a replica, from 0 to 1, counts. Source: llm-d's default profile, as BLIS has it.
struct ScoreWeights {
  double prefix = 2.0;    // of the longest cached prefix; among all candidates scaled to 0 ... 1
  double queue = 1.0;     // of a short queue; the same
  double kv_usage = 1.0;  // of free KV memory
};

/// A policy by name; parameters that the named policy does not have are refused by the scenario reader.
struct RoutePolicyParams {
  std::string name = "least_loaded";
  double prefix_weight = 1.0;               // longest_prefix: tokens of load that a matched token outweighs
  Tokens common_prefix{0};                  // longest_prefix: no longer a match is no reason: everybody shares it
  Duration affinity_ttl = std::chrono::minutes{10};  // session_affinity: forgets a session after this idle time
  std::uint32_t choices = 2;                // power_of_two: candidates drawn
  KvCostWeights kv_cost{};
  ScoreWeights scores{};
};

/// Which of the requests held back goes first. wspt: the most weight for its prompt's length.
enum class HoldOrder : std::uint8_t { fcfs, lcfs, wspt };

/// late: decode load is looked at when the prompt has been computed. early: both loads at arrival, as they are.
/// predicted: decode load as it will be when this prompt is done.
enum class RejectionRule : std::uint8_t { late, early, predicted };

/// Turns away who would miss a limit. Source: Mooncake (arXiv 2407.00079v4, sections 7 and 8).
struct EarlyRejectionParams {
  RejectionRule rule = RejectionRule::early;
  Duration ttft = std::chrono::seconds{30};       // limit of the predicted time to the first token
  Duration tbt = std::chrono::milliseconds{100};  // limit of the predicted time between tokens
  Duration decode_time = std::chrono::seconds{10};  // predicted: every request decodes so long; how to know is unpublished
};

/// When requests are turned away (HTTP 429), or held back. At most one of these is given.
struct AdmissionParams {
  std::optional<std::int64_t> max_waiting_per_replica;  // of the serving pool, mean over its replicas
  std::optional<double> queue_threshold;  // held while all replicas have more prompt tokens queued than so many full steps
  HoldOrder hold_order = HoldOrder::fcfs;
  std::optional<EarlyRejectionParams> early_rejection;
};

/// Whether a prompt is computed apart from where it is decoded. Parameters that the policy does not have are refused.
struct DisaggregationParams {
  std::string name = "dynamo";
  Tokens max_local_prefill_length{1000};  // dynamo: source: its default; its configurations say 10
  std::int64_t max_prefill_queue_size = 2;  // dynamo
  Tokens non_cached_tokens{8};              // llm-d: source: the example of its documentation
  Tokens threshold{19400};                  // prfaas: source: PrfaaS's optimum
  double max_egress = 0.8;                  // prfaas: a link used more than this is tight, and raises the threshold
  Duration max_egress_backlog = std::chrono::seconds{1};  // prfaas: so does one with more under way
  double feedback_step = 1.25;                            // prfaas: times the threshold, up or down again
  Duration feedback_interval = std::chrono::seconds{1};   // prfaas: from one step to the next
};

struct RouterParams {
  RoutePolicyParams prefill;        // also for mixed pools
  RoutePolicyParams decode;
  std::optional<DisaggregationParams> disaggregation;  // not given: the prefill policy chooses among all who can compute
  Duration signal_interval{};       // replicas report their load so often; zero: always current
  AdmissionParams admission;
};

}  // namespace cleave
