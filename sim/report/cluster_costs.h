#pragma once
// What a cluster costs by a price list: money by pool and tier, for a million tokens, and power by phase. Runs and
// plans report the same lines.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "models/units/units.h"

namespace cleave {

/// Power of one accelerator of a pool, W.
struct PhasePower {
  double idle = 0;
  double busy = 0;               // computing prompts, decoding, or the mix of both that the pool does
  std::optional<double> server;  // its share of the server around it; nullopt: the list does not say
};

struct PoolCost {
  std::string pool;
  std::string role;
  std::string hardware;
  std::uint32_t accelerators = 0;
  double price = 0;  // USD an hour, all accelerators
  double utilisation = 0;
  PhasePower power;
  double watts = 0;  // mean of all, with servers and the facility's share
  // USD for a million tokens, of what the cluster serves: the pool's part.
  std::optional<double> per_mtok_input;
  std::optional<double> per_mtok_output;
};

struct StorageCost {
  std::string tier;
  std::string medium;
  Bytes capacity;   // of all instances
  double rent = 0;  // USD an hour
  double fees = 0;  // of requests, retrieval and upload
};

struct ClusterCosts {
  std::vector<PoolCost> pools;
  std::vector<StorageCost> storage;
  double accelerators_per_hour = 0;  // USD
  double storage_per_hour = 0;       // rent and fees
  double egress_per_hour = 0;        // between regions
  double power_per_hour = 0;         // part of the price where the list says so
  bool power_included = true;
  double watts = 0;
  double total_per_hour = 0;  // USD
  // USD for a million tokens. Prefill pools compute prompt tokens, decode pools output tokens; a mixed pool's cost is
  // divided by the time that each kind takes at best. Storage and egress save computing prompts: they count as input.
  std::optional<double> per_mtok_input;
  std::optional<double> per_mtok_output;
  std::optional<double> per_mtok;  // all tokens together
};

}  // namespace cleave
