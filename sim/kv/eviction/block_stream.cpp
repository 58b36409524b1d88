#include "sim/kv/eviction/block_stream.h"

#include "models/units/check.h"

namespace cleave {

std::vector<NextUse> next_uses(const BlockStream& stream) {
  SIM_CHECK(stream.blocks.size() < kNeverUsed, "accesses are numbered in 32 bits");
  std::vector<NextUse> next(stream.blocks.size());
  std::vector<NextUse> seen(stream.unique, kNeverUsed);
  for (std::size_t i = stream.blocks.size(); i-- > 0;) {
    next[i] = seen[stream.blocks[i]];
    seen[stream.blocks[i]] = static_cast<NextUse>(i);
  }
  return next;
}

}  // namespace cleave
