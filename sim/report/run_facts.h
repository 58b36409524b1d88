#pragma once
// What a report says beyond the requests' results: the cluster, the network, the money, and where numbers come from.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "models/units/units.h"
#include "sim/metrics/distribution.h"
#include "sim/metrics/steady_state.h"
#include "sim/report/cluster_costs.h"

namespace cleave {

struct PoolFacts {
  std::string name;
  std::string role;
  std::string hardware;
  std::string model;
  std::uint32_t replicas = 0;
  std::uint32_t accelerators = 0;     // of all replicas together
  std::optional<UsdPerHour> price{};  // of one accelerator
  Duration busy{};                    // replica time spent in steps, summed over replicas
  std::uint64_t steps = 0;
  std::uint64_t tokens_computed = 0;
  std::optional<std::int64_t> kv_blocks{};  // of one replica; absent: unlimited
  Tokens block_size{};
  Bytes weights{};                          // of one replica
  Bytes kv_per_token{};                     // of one replica
  Tokens longest{};                         // that a request may have
  std::optional<double> longest_at_once{};  // so many of those fit the KV memory of one replica; absent: unlimited
};

/// All links of one kind, each direction counted as one link.
struct LinkClassFacts {
  std::string name;
  std::uint32_t links = 0;
  double bytes = 0;             // moved over all of them
  BytesPerSecond bandwidth{};   // of one; the largest where they differ
  double peak_utilisation = 0;  // of the busiest link, 0 ... 1
  std::string bottleneck;       // the name of that link; empty when nothing moved
};

/// A named count: crashes, retries, resent messages, extrapolated steps.
struct CounterFact {
  std::string name;
  std::uint64_t value = 0;
};

/// A number with its name; the name ends in its unit.
struct NumberFact {
  std::string name;
  double value = 0;
};

/// One memory that keeps KV: a pool's accelerators, or a tier. `byte_seconds` are by state, and sum to capacity times
/// time.
struct StorageFacts {
  std::string name;
  std::string medium;
  std::vector<NumberFact> numbers;
  std::vector<NumberFact> byte_seconds;
};

/// Blocks that somebody elsewhere held, and how they were reclaimed.
struct GcFacts {
  std::string scheme;
  std::vector<NumberFact> numbers;
  std::optional<Distribution> reclaim;  // from when nobody needed them to when they were freed
};

/// One direction of a wide-area link.
struct WanLinkFacts {
  std::string from;
  std::string to;
  std::uint64_t flows = 0;
  double bytes = 0;
  double peak_utilisation = 0;
};

/// What the run cost by the price list that its scenario names.
struct ListedCosts {
  std::string list;
  std::string date;
  std::string description;
  ClusterCosts costs;
  std::vector<std::string> priced_by_scenario{};  // pools whose accelerators have a price of their own
};

/// A number that a user would doubt, as text, with where it comes from.
struct DerivedFact {
  std::string name;
  std::string value;
  std::string source;
};

struct CatalogueFile {
  std::string path;
  std::string hash;
};

struct RunFacts {
  std::string scenario;
  std::string description;
  std::uint64_t seed = 0;
  std::string version;
  Duration simulated{};
  std::uint64_t events = 0;
  std::uint64_t flows = 0;
  bool interrupted = false;  // stopped by the user: what was finished is reported
  SteadyState steady;
  std::vector<PoolFacts> pools;
  std::vector<LinkClassFacts> links;
  std::vector<CounterFact> counters;
  std::vector<NumberFact> prefix_index;  // empty: routers saw the truth
  std::vector<StorageFacts> storage;     // empty: not asked for
  std::optional<GcFacts> gc;             // absent: nothing was held elsewhere
  std::vector<NumberFact> federation;    // empty: one region, and nobody chose a side
  std::vector<WanLinkFacts> wan_links;
  std::optional<ListedCosts> costs;  // absent: no list is named, or it does not price a pool
  std::vector<DerivedFact> derived;
  std::vector<std::string> warnings;  // assumed figures, extrapolations, anything to know before believing the result
  std::vector<CatalogueFile> catalogue;
  std::string resolved_json;  // the whole scenario, defaults included
  std::string resolved_yaml;  // the same, to run again
};

}  // namespace cleave
