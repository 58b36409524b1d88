#pragma once
// How many pieces of memory a KV transfer touches: by layout, block size, and the sharding of both sides.

#include <cstdint>
#include <optional>
#include <string>

#include "models/arch/llm_spec.h"
#include "models/units/units.h"

namespace cleave {

/// Where a block's bytes lie. layer_first: a tensor for each layer's keys and one for its values (vLLM with
/// FlashAttention). layer_fused: a tensor for each layer, keys and values of a block side by side (FlashInfer).
/// block_first: all layers of a block in one piece (vLLM's cross-layer blocks, HiCache's page_first).
enum class BlockLayout : std::uint8_t { layer_first, layer_fused, block_first };

/// each: every descriptor is a call of its own and is waited for. batched: one prepared list. coalesced: the list after
/// joining neighbours that are contiguous on both sides.
enum class Batching : std::uint8_t { each, batched, coalesced };

/// Which copies of entries that every tensor-parallel rank holds (latent attention, or more ranks than KV heads) cross
/// the network: one for each receiving rank, or one that the receiver's ranks then pass on among themselves.
enum class ReplicatedKv : std::uint8_t { every_rank, one_rank };

/// What of a model decides the pieces.
struct KvShape {
  std::int64_t layers = 0;  // that hold growing KV
  std::int64_t parts = 2;   // keys and values; 1 for a joint entry
  std::int64_t shards = 1;  // most ranks that a token's entry can be split over: KV heads
};
[[nodiscard]] KvShape kv_shape(const LlmSpec& model);

/// One side of a transfer.
struct KvSide {
  std::uint32_t tp = 1;
  std::uint32_t pp = 1;
  Tokens block{16};
  BlockLayout layout = BlockLayout::layer_first;

  [[nodiscard]] std::uint32_t ranks() const { return tp * pp; }
};

/// Why blocks of one side cannot be cut into blocks of the other. Result: nullopt when they can.
[[nodiscard]] std::optional<std::string> reblocking_problem(Tokens from, Tokens to);

struct DescriptorCount {
  std::int64_t total = 0;  // of all ranks together
  double copies = 1;       // times that the payload crosses the network
};

/// Descriptors of `blocks` blocks (of the smaller block size) that lie in `runs` contiguous runs on both sides.
/// Joining needs equal layouts and equal sharding: a slice of a block's heads has no neighbour.
/// Source: facts of NIXL's and Mooncake's connectors: ceil(tokens / block) x layers x (K and V) for each rank when
/// layers come first, ceil(tokens / block) when blocks do; heads outermost inside a block, so that a rank's slice of a
/// wider rank's block is one piece for each layer and part.
[[nodiscard]] DescriptorCount count_descriptors(const KvShape& shape, const KvSide& from, const KvSide& to,
                                                std::int64_t blocks, std::int64_t runs, Batching batching,
                                                ReplicatedKv replicated);

}  // namespace cleave
