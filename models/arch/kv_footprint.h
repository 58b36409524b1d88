#pragma once
// How many bytes of KV a sequence holds.

#include <cmath>
#include <cstdint>
#include <optional>
#include <vector>

#include "models/arch/layout.h"
#include "models/arch/llm_spec.h"
#include "models/units/units.h"

namespace cleave {

/// KV of one sequence of n tokens: growing * n + (windowed terms, bounded) + state.
struct KvFootprint {
  double growing = 0;   // bytes for each further token, however long the sequence
  double windowed = 0;  // bytes that window layers hold at most
  double state = 0;     // bytes of constant state, from the first token on
  double recurrent = 0;  // of `state`, what linear attention keeps: it exists for one length alone

  /// What a sequence holds whatever its length, once it is longer than every window.
  [[nodiscard]] Bytes constant() const { return Bytes{std::llround(windowed + state)}; }
};

/// On the fullest accelerator of a replica. With tp = pp = 1: of the whole model.
/// KV heads are split over layout.attention_ranks() until one is left on each; latent and shared entries are
/// replicated. Sequences are spread evenly over layout.dp_attention groups, and each one's tokens over layout.cp.
/// Source: DeepSeek-V2 (latent entries), config.json fields as aiconfigurator and InferSim read them.
[[nodiscard]] KvFootprint kv_footprint(const LlmSpec& model, const ReplicaLayout& layout);

/// Tokens of a page: the KV that they have in one layer of attention takes the room of one linear-attention layer's
/// state on one accelerator. A multiple of 16. nullopt: the model does not have both. Source:
/// vllm/platforms/interface.py, "attention page size is >= mamba page size".
[[nodiscard]] std::optional<Tokens> state_page(const LlmSpec& model, const ReplicaLayout& layout);

/// KV of a sequence of `length` tokens on the fullest accelerator, windows shorter than it included. Rounded to a byte.
[[nodiscard]] Bytes kv_bytes(const LlmSpec& model, const ReplicaLayout& layout, Tokens length);

/// Layers of the fullest pipeline stage, as a share of all.
[[nodiscard]] double stage_share(const LlmSpec& model, const ReplicaLayout& layout);

// Bytes of one token's entry (of one compressed entry, for CompressedAttention) in one layer on one accelerator.
[[nodiscard]] double entry_bytes(const GroupedAttention& attention, const ReplicaLayout& layout);
[[nodiscard]] double entry_bytes(const LatentAttention& attention, const ReplicaLayout& layout);
[[nodiscard]] double entry_bytes(const CompressedAttention& attention, const ReplicaLayout& layout);

/// Bytes of the key that the index keeps for each entry.
[[nodiscard]] double index_bytes(const LatentAttention& attention);
[[nodiscard]] double index_bytes(const CompressedAttention& attention);

/// Bytes of a sequence's constant state in one layer on one accelerator.
[[nodiscard]] double state_bytes(const LinearAttention& attention, const ReplicaLayout& layout);
[[nodiscard]] double state_bytes(const CompressedAttention& attention);

}  // namespace cleave
