#include "sim/engine/decode_stretch.h"

#include <algorithm>

#include "models/units/check.h"
#include "sim/engine/state_cache.h"

namespace cleave {

void DecodeStretch::plan(std::span<const BatchEntry> batch, const EngineState& state, const StepCostModel& cost,
                         const BatchShape& shape, TimePoint start, std::int64_t max_steps) {
  block_size_ = state.block_size.value();
  std::int64_t steps = max_steps;
  for (const BatchEntry& entry : batch) {
    // Outputs of earlier steps in flight come first; this step's own is counted among those in flight.
    const Sequence& s = *entry.sequence;
    steps = std::min(steps, s.target() - (s.generated + s.flying_outputs - 1));
  }
  steps = std::max<std::int64_t>(1, steps);
  if (steps > 1) {
    group_by_offset(batch, state);
    std::int64_t free = state.memory->free_blocks();
    for (std::int64_t step = 1; step < steps; ++step) {
      free -= needing_at(static_cast<std::size_t>(step), state);
      if (state.kept_state_blocks > 0 && state.memory->publishes_early()) {
        free -= keeping_at(static_cast<std::size_t>(shape.scheduled_ahead ? step : step + 1), state);
      }
      if (free < 0) steps = step;
    }
  }
  durations_.resize(static_cast<std::size_t>(steps));
  cost.decode_stretch(shape, durations_);
  ends_.resize(durations_.size());
  for (std::size_t i = 0; i < durations_.size(); ++i) ends_[i] = start += durations_[i];
}

void DecodeStretch::group_by_offset(std::span<const BatchEntry> batch, const EngineState& state) {
  const auto groups = static_cast<std::size_t>(block_size_);
  group_begin_.assign(groups + 1, 0);
  some_hold_more_ = false;
  const auto group_of = [this](const BatchEntry& entry) {
    return static_cast<std::size_t>((block_size_ - entry.context % block_size_) % block_size_);
  };
  for (const BatchEntry& entry : batch) {
    ++group_begin_[group_of(entry) + 1];
    some_hold_more_ = some_hold_more_ || entry.sequence->held > state.blocks_for(entry.context + 1);
  }
  for (std::size_t g = 0; g < groups; ++g) group_begin_[g + 1] += group_begin_[g];
  grouped_.resize(batch.size());
  // Filled from the back so that each group's begin ends up in place and running order is kept.
  for (std::size_t i = batch.size(); i-- > 0;) {
    grouped_[--group_begin_[group_of(batch[i]) + 1]] = {batch[i].sequence, batch[i].context};
  }
  for (std::size_t g = 0; g < groups; ++g) group_begin_[g] = group_begin_[g + 1];
  group_begin_[groups] = static_cast<std::uint32_t>(batch.size());
}

std::span<const DecodeStretch::Member> DecodeStretch::crossing_at(std::size_t step) const {
  const std::size_t group = step % static_cast<std::size_t>(block_size_);
  return std::span{grouped_}.subspan(group_begin_[group], group_begin_[group + 1] - group_begin_[group]);
}

std::int64_t DecodeStretch::needing_at(std::size_t step, const EngineState& state) const {
  const auto crossing = crossing_at(step);
  if (!some_hold_more_) return static_cast<std::int64_t>(crossing.size());
  return std::count_if(crossing.begin(), crossing.end(), [&](const Member& m) {
    return state.blocks_for(m.context + static_cast<std::int64_t>(step) + 1) > m.sequence->held;
  });
}

/// Blocks for the states of those who fill a block just before step `step`.
std::int64_t DecodeStretch::keeping_at(std::size_t step, const EngineState& state) const {
  std::int64_t blocks = 0;
  for (const Member& m : crossing_at(step)) {
    // From its second one on it lets one go for each that it keeps.
    if (static_cast<std::int64_t>(step) > block_size_ && state.state_caching == StateCaching::align) continue;
    blocks += blocks_to_keep_state(state, *m.sequence, m.context + static_cast<std::int64_t>(step));
  }
  return blocks;
}

void DecodeStretch::allocate(std::size_t step, EngineState& state) const {
  for (const Member& member : crossing_at(step)) {
    if (some_hold_more_ &&
        state.blocks_for(member.context + static_cast<std::int64_t>(step) + 1) <= member.sequence->held) {
      continue;
    }
    SIM_CHECK(hold_blocks(state, *member.sequence, 1), "a stretch outran the free blocks it was planned with");
  }
}

void DecodeStretch::seal(std::size_t step, EngineState& state) const {
  for (const Member& member : crossing_at(step + 1)) {
    seal_full_blocks(state, *member.sequence, member.context + static_cast<std::int64_t>(step) + 1);
  }
}

}  // namespace cleave
