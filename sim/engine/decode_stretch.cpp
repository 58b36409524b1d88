#include "sim/engine/decode_stretch.h"

#include <algorithm>

#include "models/units/check.h"

namespace cleave {

void DecodeStretch::plan(std::span<const BatchEntry> batch, const EngineState& state, const StepCostModel& cost,
                         TimePoint start, std::int64_t max_steps) {
  block_size_ = state.keys.block_size().value();
  std::int64_t context = 0;
  std::int64_t steps = max_steps;
  for (const BatchEntry& entry : batch) {
    context += entry.sequence->computed + 1;
    steps = std::min(steps, entry.sequence->target() - entry.sequence->generated);
  }
  if (steps > 1) {
    group_by_offset(batch);
    std::int64_t free = state.pool.free_blocks();
    for (std::int64_t step = 1; step < steps; ++step) {
      free -= static_cast<std::int64_t>(needing_block_at(static_cast<std::size_t>(step)).size());
      if (free < 0) steps = step;
    }
  }
  durations_.resize(static_cast<std::size_t>(steps));
  cost.decode_steps(static_cast<std::int64_t>(batch.size()), Tokens{context}, durations_);
  ends_.resize(durations_.size());
  for (std::size_t i = 0; i < durations_.size(); ++i) ends_[i] = start += durations_[i];
}

void DecodeStretch::group_by_offset(std::span<const BatchEntry> batch) {
  const auto groups = static_cast<std::size_t>(block_size_);
  group_begin_.assign(groups + 1, 0);
  const auto group_of = [this](const Sequence& s) {
    return static_cast<std::size_t>((block_size_ - s.computed % block_size_) % block_size_);
  };
  for (const BatchEntry& entry : batch) ++group_begin_[group_of(*entry.sequence) + 1];
  for (std::size_t g = 0; g < groups; ++g) group_begin_[g + 1] += group_begin_[g];
  grouped_.resize(batch.size());
  // Filled from the back so that each group's begin ends up in place and running order is kept.
  for (std::size_t i = batch.size(); i-- > 0;) {
    Sequence* sequence = batch[i].sequence;
    grouped_[--group_begin_[group_of(*sequence) + 1]] = sequence;
  }
  for (std::size_t g = 0; g < groups; ++g) group_begin_[g] = group_begin_[g + 1];
  group_begin_[groups] = static_cast<std::uint32_t>(batch.size());
}

std::span<Sequence* const> DecodeStretch::needing_block_at(std::size_t step) const {
  const std::size_t group = step % static_cast<std::size_t>(block_size_);
  return std::span{grouped_}.subspan(group_begin_[group], group_begin_[group + 1] - group_begin_[group]);
}

void DecodeStretch::begin(std::size_t step, EngineState& state) const {
  for (Sequence* sequence : needing_block_at(step)) {
    SIM_CHECK(state.pool.allocate(1, sequence->blocks), "a stretch outran the free blocks it was planned with");
  }
  const auto tokens_after = static_cast<std::int64_t>(step) + 1;
  for (Sequence* sequence : needing_block_at(step + 1)) {
    seal_full_blocks(state, *sequence, sequence->computed + tokens_after);
  }
}

}  // namespace cleave
