#pragma once
// Load or recompute: pure functions of what computing and loading would take.

#include <cstddef>
#include <functional>

#include "models/units/units.h"

namespace cleave {

/// Time to compute the KV of blocks [from, until) in one step, when those before are there.
using ComputeTime = std::function<Duration(std::size_t from, std::size_t until)>;
/// Time until everything of a prompt's loadable part from `block` on has been loaded, when it is loaded from the back.
using BringTime = std::function<Duration(std::size_t block)>;

/// A prompt that is computed from block `front` on while a load comes towards it from the back, down from `until`.
struct Meeting {
  std::size_t front = 0;
  std::size_t until = 0;
  std::size_t step_blocks = 1;  // most blocks of one step
};

/// How far the next step computes: as far as it can while the load has not come further down by the step's end. `front`
/// itself where the load would be there first: then it is better to wait.
/// Source: Cake, as described in public notes: compute from the front, load from the back, until they meet.
[[nodiscard]] std::size_t meeting_block(const Meeting& meeting, const ComputeTime& compute, const BringTime& bring);

/// When all blocks before `until` would be there, step by step by that rule.
[[nodiscard]] Duration time_to_meet(const Meeting& meeting, const ComputeTime& compute, const BringTime& bring);

}  // namespace cleave
