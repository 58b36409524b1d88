#pragma once
// A whole run, as data. Read strictly from YAML, then const.

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "models/units/units.h"
#include "sim/engine/params.h"
#include "sim/kv/gc/params.h"
#include "sim/kv/index/params.h"
#include "sim/kv/tier/params.h"
#include "sim/policy/params.h"
#include "sim/scenario/federation.h"
#include "sim/transfer/params.h"
#include "sim/workload/params.h"

namespace cleave {

/// Tensor, pipeline, expert, attention-data and context parallelism of one replica: tp * pp * cp accelerators.
struct ParallelParams {
  std::uint32_t tp = 1;
  std::uint32_t pp = 1;
  std::uint32_t ep = 1;            // of tp
  std::uint32_t dp_attention = 1;  // of tp
  std::uint32_t cp = 1;
  double expert_imbalance = 1;
};

/// Replicas of one kind. A pool serves the models it names (empty: the scenario's model).
struct PoolParams {
  std::string name;
  ReplicaRole role = ReplicaRole::mixed;
  std::uint32_t replicas = 1;
  std::string hardware = "h100-sxm";
  std::string model;
  std::string weight_dtype = "bf16";  // bf16 | fp8 | fp4
  std::string kv_dtype = "bf16";      // bf16 | fp8 | fp4 | turboquant_...
  std::optional<Bytes> kv_spill;      // host memory of a replica for KV beyond on-chip memory; not given: requests wait
  BlockLayout block_layout = BlockLayout::layer_first;  // where the bytes of a KV block lie
  ParallelParams parallel;
  PeerAccess peer_access = PeerAccess::direct;
  std::string cost = "calibrated";  // calibrated | roofline
  EngineParams engine;
  std::optional<UsdPerHour> price;  // per accelerator; overrides the catalogue
  std::uint32_t zone = 0;           // racks are filled zone by zone
  std::string region;               // of `federation.regions`; empty: the first
};

struct NetworkParams {
  std::uint32_t nodes_per_rack = 4;
  double oversubscription = 1.0;   // leaf uplinks carry (sum of NICs) / this
  bool pools_share_nodes = false;  // a pool continues on the node on which the one before it ended
  Duration nic_latency = std::chrono::microseconds{2};
  Duration spine_latency = std::chrono::microseconds{1};
  std::optional<BytesPerSecond> nic_bandwidth;  // per accelerator, overrides the catalogue
};

struct CrashFault {  // the replica loses its KV and its requests; restarts after `down_for`
  Duration at{};
  std::string pool;
  std::uint32_t replica = 0;
  Duration down_for = std::chrono::seconds{30};
};
struct LinkFault {  // bandwidth of a replica's NICs times `factor` (0: down) for a while
  Duration at{};
  std::string pool;
  std::uint32_t replica = 0;
  double factor = 0.0;
  Duration lasts = std::chrono::seconds{10};
};
struct LostMessageFault {  // the next hand-off notice sent to the replica after `at` is lost
  Duration at{};
  std::string pool;
  std::uint32_t replica = 0;
};
using FaultParams = std::variant<CrashFault, LinkFault, LostMessageFault>;

struct OutputParams {
  std::string folder;  // empty: runs/<scenario>-s<seed>
  Duration timeseries_interval = std::chrono::seconds{1};
  bool decision_log = false;  // decisions.csv: what each policy chose and why
  bool requests_csv = true;
  Duration warm_up{};  // requests that arrive earlier are left out of the measured window
};

struct Scenario {
  std::string name;
  std::string description;
  std::uint64_t seed = 1;
  std::string model = "llama-3.1-8b";
  std::optional<std::string> prices;  // a price list of the catalogue; not given: the prices of its entries
  std::optional<Duration> until;      // hard stop; requests still in the system are `unfinished`
  std::vector<PoolParams> pools;
  NetworkParams network;
  FederationParams federation;
  TransferParams transfer;
  RouterParams router;
  PrefixIndexParams prefix_index;
  std::vector<TierParams> tiers;
  KvLoadParams kv_load;
  KvConsistencyParams kv_store;
  GcParams kv_gc;
  WorkloadParams workload;
  std::vector<FaultParams> faults;
  OutputParams output;
};

}  // namespace cleave
