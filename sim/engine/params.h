#pragma once
// What a scenario can say about an engine. Defaults are vLLM V1's for an API server on a GPU of 70 GiB or more; the
// profiles in models/catalog/engine replace them, each value with its source.
// Source: vllm/config/scheduler.py, vllm/config/cache.py, EngineArgs.get_batch_defaults.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "models/cost/engine_kernels.h"
#include "models/units/units.h"
#include "sim/kv/radix_cache.h"

namespace cleave {

enum class ReplicaRole : std::uint8_t { mixed, prefill, decode };

/// Which side of a split answers with the first token. vLLM's connectors recompute the last prompt token on the
/// decode side; SGLang's prefill side sends the token along with the KV.
enum class FirstTokenSide : std::uint8_t { prefill, decode };

/// How steps are formed. running_first: running sequences in order, then waiting ones, in one batch (vLLM V1, Sarathi,
/// TensorRT-LLM, Orca). prefill_first: a step computes prompts alone as long as one can be admitted, else every running
/// sequence decodes (SGLang, vLLM V0). static_batch: a batch is admitted when the one before it is done, and leaves as
/// a whole (FasterTransformer).
enum class SchedulerKind : std::uint8_t { running_first, prefill_first, static_batch };

/// In which order waiting sequences are looked at. lpm (longest cached prefix), dfs_weight, hrrn and shortest_prefill
/// need a prefix cache and prefill_first; lof: longest output first.
enum class QueueOrder : std::uint8_t { fcfs, priority, lpm, dfs_weight, hrrn, lof, shortest_prefill };

/// How KV memory is shared: fixed blocks found one by one (vLLM), or runs of pages in a radix tree (SGLang).
enum class KvLayout : std::uint8_t { paged, radix };

/// Where an engine keeps linear attention's state, which exists for one length alone, to be found again. align: where a
/// step ends at a block's end, and prompts are cut so that steps do. all: behind each full block. none: nowhere, so
/// that nothing is found again of a model with such state. Source: mamba_cache_mode of vllm/config/cache.py.
enum class StateCaching : std::uint8_t { none, align, all };

/// What must be free before a sequence is admitted. step: what its next step writes. prompt: what its whole prompt
/// takes. output: what it can ever take, so that nobody is evicted (TensorRT-LLM's guaranteed_no_evict, Orca).
/// estimate: its prompt and output, and a share of what those who run may still write (SGLang's new-token ratio).
enum class KvReservation : std::uint8_t { step, prompt, output, estimate };

/// SGLang's estimate of how much of their permitted output running sequences will write.
/// Source: SGLANG_INIT_NEW_TOKEN_RATIO and its neighbours in sglang/srt/environ.py.
struct TokenEstimateParams {
  double initial_ratio = 0.7;
  double conservativeness = 1.0;    // times the initial ratio
  double minimum_factor = 0.14;     // of the initial ratio
  std::int64_t decay_steps = 600;   // decode steps from the initial ratio to the least
  Tokens clip{4096};                // nobody is expected to write more
  std::int64_t retract_steps = 20;  // after a retraction the others have room for so many steps
};

/// When cache-aware orders give way, and when one of several equal prompts goes first.
/// Source: sglang/srt/managers/schedule_policy.py.
struct CacheAwareParams {
  std::int64_t most_waiting = 128;  // lpm and hrrn: a longer queue is served in order of arrival
  Tokens check_below{32};           // prompts with at most so much cached are compared with each other;
  Tokens hold_back_from{32};        // who shares at least so much with an earlier one waits
};

/// Draft tokens that a step verifies (a draft model, EAGLE, multi-token prediction).
struct SpeculationParams {
  std::int64_t draft_tokens = 0;   // 0: no speculation
  std::vector<double> acceptance;  // chance that draft token i is accepted, given that those before it were
};

struct EngineParams {
  std::string profile = "vllm-0.19";
  SchedulerKind scheduler = SchedulerKind::running_first;
  Tokens max_num_batched_tokens{8192};
  std::int64_t max_num_seqs = 1024;
  std::optional<Tokens> max_prefill_tokens;  // prefill_first: of one step, whatever the chunks
  Tokens long_prefill_token_threshold{0};    // 0: off
  std::optional<std::int64_t> max_num_partial_prefills;
  std::optional<std::int64_t> max_long_partial_prefills;
  bool enable_chunked_prefill = true;
  bool decodes_first = false;  // running_first: decodes before unfinished prompts, whatever the order of admission
  bool async_scheduling = false;
  bool enable_prefix_caching = true;
  KvLayout kv_layout = KvLayout::paged;
  RadixEviction radix_eviction = RadixEviction::lru;
  StateCaching state_caching = StateCaching::align;  // of models with linear attention
  KvReservation reserve = KvReservation::step;
  Tokens block_size{16};
  Tokens max_model_len{131072};
  std::optional<Tokens> max_output;  // what clients ask for at most; not given: the answer's true length
  QueueOrder queue_order = QueueOrder::fcfs;
  TokenEstimateParams token_estimate;
  CacheAwareParams cache_aware;
  SpeculationParams speculation;
  AttentionBackend attention_backend = AttentionBackend::tables;
  MoeBackend moe_backend = MoeBackend::tables;
  MixedAttention mixed_attention = MixedAttention::joint;
  GraphMode cudagraph_mode = GraphMode::full_and_piecewise;
  bool fuse_allreduce_rms = false;
  std::int64_t max_loras = 0;        // adapters in one batch; 0: no limit
  Tokens reserved_decode_tokens{0};  // of each sequence here, kept free when KV of another is to be received
  double gpu_memory_utilization = 0.92;
  bool unlimited_kv = false;              // never evicts, never refuses: for studies of reuse
  std::optional<std::int64_t> kv_blocks;  // overrides the number derived from memory
  double watermark = 0.0;                 // share of blocks kept free when admitting
  FirstTokenSide first_token_side = FirstTokenSide::decode;
  bool coalesce_decode = true;  // false: one event a decode step, with identical results
};

}  // namespace cleave
