#pragma once
// What a scenario can say about an engine. Defaults are vLLM V1's for an API server on a GPU of 70 GiB or more.
// Source: vllm/config/scheduler.py, vllm/config/cache.py, EngineArgs.get_batch_defaults.

#include <cstdint>
#include <optional>
#include <string>

#include "models/units/units.h"

namespace cleave {

enum class ReplicaRole : std::uint8_t { mixed, prefill, decode };

/// Which side of a split answers with the first token. vLLM's connectors recompute the last prompt token on the
/// decode side; SGLang's prefill side sends the token along with the KV.
enum class FirstTokenSide : std::uint8_t { prefill, decode };

enum class QueueOrder : std::uint8_t { fcfs, priority };

struct EngineParams {
  std::string profile = "vllm";
  Tokens max_num_batched_tokens{8192};
  std::int64_t max_num_seqs = 1024;
  Tokens long_prefill_token_threshold{0};  // 0: off
  bool enable_chunked_prefill = true;
  bool enable_prefix_caching = true;
  Tokens block_size{16};
  Tokens max_model_len{131072};
  QueueOrder queue_order = QueueOrder::fcfs;
  double gpu_memory_utilization = 0.92;
  bool unlimited_kv = false;              // never evicts, never refuses: for studies of reuse
  std::optional<std::int64_t> kv_blocks;  // overrides the number derived from memory
  double watermark = 0.0;                 // share of blocks kept free when admitting
  FirstTokenSide first_token_side = FirstTokenSide::decode;
  bool coalesce_decode = true;  // false: one event a decode step, with identical results
};

}  // namespace cleave
