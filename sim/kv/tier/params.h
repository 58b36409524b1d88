#pragma once
// What a scenario can say about memory and storage behind the accelerators' own.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "models/units/units.h"

namespace cleave {

/// Who shares one instance of a tier.
enum class TierScope : std::uint8_t { replica, node, rack, region };

/// When a block is written. through: as soon as it was computed. selective: when it was asked for `write_after_hits`
/// times. on_eviction: when the accelerator's memory gives it up.
enum class TierWrite : std::uint8_t { through, selective, on_eviction };

/// How loads that come from one instance at once divide what it reads. equally: as their flows share links. by_need:
/// each gets what its layers' compute can hide, or the fair share of what is left (ObjectCache).
enum class TierSharing : std::uint8_t { equally, by_need };

/// Where an object's bytes lie. block_first: in one piece. layer_fused, layer_first: a piece for each layer, or for
/// each layer's keys and values. An object takes so many accesses; read layer by layer, never fewer than one a layer.
enum class TierLayout : std::uint8_t { block_first, layer_fused, layer_first };

/// A tier in another region: every access pays a round trip, and all share the way there.
struct TierDistance {
  Duration rtt{};
  BytesPerSecond bandwidth{1.25e10};  // 100 Gb/s, as between the data centres of PrfaaS
};

/// One tier: as many instances as its scope has places for. Looked up in the scenario's order.
struct TierParams {
  std::string name;
  std::string medium = "dram-pcie5";  // from the catalogue
  TierScope scope = TierScope::replica;
  Bytes capacity{};         // of one instance
  std::uint32_t units = 1;  // of the medium in one instance: their bandwidths and rates add up
  TierWrite write = TierWrite::through;
  std::int64_t write_after_hits = 2;
  bool prompts_only = false;  // of answers nothing is written. Source: vLLM, offload_prompt_only; pull request 33881
  bool exclusive = false;     // what is loaded into an accelerator's memory leaves
  std::string eviction = "lru";
  double high_watermark = 1.0;  // eviction begins above this share of the capacity
  double low_watermark = 1.0;   // and goes down to this one
  std::optional<Duration> ttl;  // objects that nobody read for so long go
  Duration soft_pin{};          // after it became readable an object goes only if nothing else can
  Tokens hard_pin{0};           // objects within a prompt's first so many tokens never go
  std::string codec;            // from the catalogue; empty: kept as it is
  std::optional<Tokens> chunk;  // one object; not given: one block
  TierLayout layout = TierLayout::block_first;
  bool assembles = false;  // the store gathers objects and answers once (layer by layer: once a layer): ObjectCache
  TierSharing sharing = TierSharing::equally;
  std::optional<TierDistance> distance;
  bool cxl_switch = false;  // shared by a rack, and reached over host links all the same
};

/// What protects readers and writers of tiers. Switch a guard off to see what it prevents.
struct KvGuards {
  bool two_phase = true;  // an object is seen only when its put has ended
  bool lease = true;      // what is being read is not evicted for as long as the lease lasts
  bool validate = true;   // a reader checks what it read: the same object, whole, in time
  bool epoch = true;      // keys name the version of the model
};

struct KvConsistencyParams {
  KvGuards guards;
  std::vector<Duration> model_changes;              // another version of the model from then on
  Duration lease = std::chrono::seconds{10};        // of a read. Source: Mooncake store, default_kv_lease_ttl
  Duration put_discard = std::chrono::seconds{30};  // an unfinished put may be pre-empted after this time
  Duration put_release = std::chrono::minutes{10};  // and its space is reclaimed after this time
};

/// What to do about KV that lies in a tier. longest_hit: load all of it (vLLM's connectors). cheaper: load as much as
/// ends the prompt earliest, with what computing and loading would take now (Mooncake, equation 2). both: compute from
/// the front while it is loaded from the back, until they meet (Cake).
enum class LoadRule : std::uint8_t { longest_hit, cheaper, both };

/// When a load begins. routing: when the request was routed; it queues when the KV is there, or at once with rule both.
/// queue: at the request's turn in the engine's queue, where it waits on (vLLM's asynchronous connectors). layerwise:
/// with the step that admits it, whose layers wait each for its own part (HiCache, LMCache's use_layerwise,
/// ObjectCache).
enum class LoadStart : std::uint8_t { routing, queue, layerwise };

/// When a load stops. Source: HiCache: best_effort ends when the replica could start, timeout after
/// `timeout_base` and `timeout_per_1024_tokens`.
enum class LoadStop : std::uint8_t { best_effort, wait_complete, timeout };

struct KvLoadParams {
  LoadRule rule = LoadRule::longest_hit;
  LoadStart start = LoadStart::routing;
  LoadStop stop = LoadStop::wait_complete;
  Duration timeout_base = std::chrono::seconds{1};
  Duration timeout_per_1024_tokens = std::chrono::milliseconds{250};
  Tokens min_tokens{0};             // shorter hits are computed; HiCache: 10 from host memory, 256 from storage
  std::int64_t batch_blocks = 128;  // best_effort and timeout: what has arrived counts in such batches
};

}  // namespace cleave
