#pragma once
// What policies are made of. Each reads what it needs.

#include <cstdint>
#include <span>

#include "models/units/units.h"

namespace cleave {

/// The access after which a block is looked up next: its number in the stream.
using NextUse = std::uint32_t;
inline constexpr NextUse kNeverUsed = 0xffffffffU;

struct PolicyParams {
  std::size_t capacity = 1;  // blocks
  std::uint64_t seed = 1;    // for policies that draw
  Duration ttl = std::chrono::minutes{5};
  Tokens block_size{512};              // for costs by position
  std::span<const NextUse> next_uses;  // by access; for the offline bounds alone
};

}  // namespace cleave
