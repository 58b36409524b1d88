#pragma once
// A run of decode steps of an unchanged batch, planned at once and applied lazily.

#include <cstdint>
#include <span>
#include <vector>

#include "models/cost/step_cost.h"
#include "sim/engine/batch.h"

namespace cleave {

/// Between two changes of a batch's composition its decode steps differ only in context length. A stretch holds the
/// end of each of its steps and which sequences need a block, or fill one, in which step. It is cut before the first
/// step in which a sequence would finish unseen or an allocation could fail, so applying it late changes nothing.
class DecodeStretch {
 public:
  /// Plans steps for `batch` (all decodes) whose first step has been formed already and starts at `start`.
  /// Shape: at most `max_steps` steps, at least one.
  void plan(std::span<const BatchEntry> batch, const EngineState& state, const StepCostModel& cost, TimePoint start,
            std::int64_t max_steps);

  [[nodiscard]] std::size_t steps() const { return ends_.size(); }
  [[nodiscard]] TimePoint end_of(std::size_t step) const { return ends_[step]; }
  [[nodiscard]] Duration duration_of(std::size_t step) const { return durations_[step]; }
  [[nodiscard]] TimePoint end() const { return ends_.back(); }

  /// Keeps only the first `steps` steps.
  void truncate(std::size_t steps) { ends_.resize(steps); }

  /// What happens to memory as step `step` (>= 1) begins: blocks for those who need one, content for those who fill
  /// one, each in running order.
  void begin(std::size_t step, EngineState& state) const;

 private:
  [[nodiscard]] std::span<Sequence* const> needing_block_at(std::size_t step) const;
  void group_by_offset(std::span<const BatchEntry> batch);

  std::int64_t block_size_ = 1;
  std::vector<Duration> durations_;
  std::vector<TimePoint> ends_;
  std::vector<std::uint32_t> group_begin_;  // group g: sequences that need a block in steps g, g + block_size, ...
  std::vector<Sequence*> grouped_;
};

}  // namespace cleave
