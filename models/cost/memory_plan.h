#pragma once
// How much of a replica's memory is left for KV.

#include <cstdint>
#include <string>
#include <variant>

#include "models/arch/layout.h"
#include "models/arch/llm_spec.h"
#include "models/hardware/device.h"
#include "models/units/units.h"

namespace cleave {

/// What the engine asks of the memory.
struct MemoryDemand {
  double utilization = 0.92;  // share of the memory that the engine may use
  Tokens max_num_batched_tokens{8192};
  std::int64_t max_num_seqs = 1024;
  Tokens block_size{16};
};

/// Memory of the fullest accelerator of a replica: usable = weights + activations + reserved + kv.
struct MemoryPlan {
  Bytes usable;  // size times utilization
  Bytes weights;
  Bytes activations;  // peak of a full batch, logits included
  Bytes reserved;     // context, workspaces and communication buffers
  Bytes kv;
  Bytes block;  // one KV block on this accelerator
  std::int64_t kv_blocks = 0;
  Bytes state_per_sequence;                    // windows and constant state, beside the growing KV
  std::int64_t state_blocks_per_sequence = 0;  // the same in blocks, rounded up
  Bytes replica_kv;                            // what kv_blocks hold of the whole model's KV, each token counted once
};

/// Less than one block of KV is left.
struct MemoryShortage {
  Bytes needed;  // weights, activations, reserve and one block
  Bytes usable;
  Bytes weights;

  /// "llama... needs 141.2 GB of ... an accelerator, which has ... usable"
  [[nodiscard]] std::string message(const LlmSpec& model, const DeviceSpec& device, const ReplicaLayout& layout) const;
};

/// Errors: none; a shortage is an answer.
/// Source: vLLM's sizing (docs/design of the KV cache manager); reserves of the device's catalogue entry.
[[nodiscard]] std::variant<MemoryPlan, MemoryShortage> plan_memory(const LlmSpec& model, const DeviceSpec& device,
                                                                   const ReplicaLayout& layout,
                                                                   const MemoryDemand& demand);

}  // namespace cleave
