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

/// A policy by name; parameters that the named policy does not have are refused by the scenario reader.
struct RoutePolicyParams {
  std::string name = "least_loaded";
  double prefix_weight = 1.0;               // longest_prefix: tokens of load that a matched token outweighs
  Tokens common_prefix{0};                  // longest_prefix: no longer a match is no reason: everybody shares it
  Duration affinity_ttl = std::chrono::minutes{10};  // session_affinity: forgets a session after this idle time
  std::uint32_t choices = 2;                // power_of_two: candidates drawn
  KvCostWeights kv_cost{};
};

/// When requests are turned away (HTTP 429).
struct AdmissionParams {
  std::optional<std::int64_t> max_waiting_per_replica;  // of the serving pool, mean over its replicas
};

struct RouterParams {
  RoutePolicyParams prefill;        // also for mixed pools
  RoutePolicyParams decode;
  Duration signal_interval{};       // replicas report their load so often; zero: always current
  AdmissionParams admission;
};

}  // namespace cleave
