#pragma once
// The eviction policies by name, for whoever replays a stream. Inside a cache a policy is a type, not a row.

#include <array>
#include <span>
#include <string_view>

#include "sim/kv/eviction/replay.h"
#include "sim/kv/eviction/stack_curve.h"

namespace cleave {

/// One row. All text is static.
struct EvictionEntry {
  std::string_view name;
  std::string_view also;  // another name in use; may be empty
  std::string_view help;
  ReplayResult (*replay)(const BlockStream& stream, const PolicyParams& params);
  StackCurve (*curve)(const BlockStream& stream) = nullptr;  // null: each capacity needs a pass of its own
  bool offline = false;     // reads params.next_uses: a bound, no policy of a real cache
  bool by_request = false;  // a request takes its blocks at once; found blocks and leading runs are then the same
};

/// In the order in which lists print them.
[[nodiscard]] std::span<const EvictionEntry> eviction_policies();

/// By name, in any case, with or without "-" and "_". Result: nullptr for an unknown one.
[[nodiscard]] const EvictionEntry* find_eviction_policy(std::string_view name);

}  // namespace cleave
