#pragma once
// Keys of KV blocks, derived from the spans of a prompt and its output at any block size.

#include <cstdint>
#include <vector>

#include "models/units/keys.h"
#include "sim/workload/request.h"

namespace cleave {

/// Keeps an adapter's KV apart: combined with the root of the model's keys by exclusive or. 0 for no adapter.
[[nodiscard]] constexpr std::uint64_t adapter_salt(std::uint32_t adapter) {
  return adapter * 0xd6e8'feb8'6659'fd93ULL;
}

/// Chains the keys of a sequence's full blocks: the prompt's, then those that decoding fills.
/// Equal tokens behind equal prefixes give equal keys, whatever spans they came in; a partial block has no key.
class BlockKeyChain {
 public:
  /// `root` separates name spaces (model, adapter, dtype, salt). `block_size` >= 1.
  BlockKeyChain(std::uint64_t root, Tokens block_size) : root_(root), block_size_(block_size) {}

  /// Appends to `keys` the keys of all full blocks of `prompt`.
  void prompt_keys(const std::vector<Span>& prompt, std::vector<BlockKey>& keys) const;

  /// Appends the keys of the full blocks number keys.size() ... of prompt followed by the first `output` tokens of
  /// `output_segment`. `keys` holds the keys of all blocks before.
  void extend_keys(const std::vector<Span>& prompt, SegmentId output_segment, Tokens output,
                   std::vector<BlockKey>& keys) const;

  [[nodiscard]] Tokens block_size() const { return block_size_; }

 private:
  std::uint64_t root_;
  Tokens block_size_;
};

}  // namespace cleave
