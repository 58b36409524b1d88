#pragma once
// A batch as a user writes it.

#include <string_view>
#include <vector>

#include "models/cost/step_cost.h"

namespace cleave {

/// Owns what a BatchShape borrows.
struct WrittenBatch {
  std::vector<PrefillChunk> prefills;
  BatchShape shape;  // but for `prefills`

  [[nodiscard]] BatchShape batch() const {
    BatchShape out = shape;
    out.prefills = prefills;
    return out;
  }
};

/// Items separated by commas: "2048" is a prompt chunk, "512@4096" one after 4096 tokens that have KV, "64x1500" are 64
/// decodes of sequences of 1500 tokens, the new one included.
/// Errors: ConfigError naming the item.
[[nodiscard]] WrittenBatch parse_batch(std::string_view text);

}  // namespace cleave
