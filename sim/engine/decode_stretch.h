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
  void plan(std::span<const BatchEntry> batch, const EngineState& state, const StepCostModel& cost,
            const BatchShape& shape, TimePoint start, std::int64_t max_steps);

  [[nodiscard]] std::size_t steps() const { return ends_.size(); }
  [[nodiscard]] TimePoint end_of(std::size_t step) const { return ends_[step]; }
  [[nodiscard]] Duration duration_of(std::size_t step) const { return durations_[step]; }
  [[nodiscard]] TimePoint end() const { return ends_.back(); }

  /// Keeps only the first `steps` steps.
  void truncate(std::size_t steps) { ends_.resize(steps); }
  /// The stretch begins later than planned.
  void shift(Duration by) {
    for (TimePoint& end : ends_) end += by;
  }

  /// Blocks for those who need one in step `step` (>= 1), in running order.
  void allocate(std::size_t step, EngineState& state) const;
  /// Makes the blocks findable that step `step` fills, in running order.
  void seal(std::size_t step, EngineState& state) const;

 private:
  struct Member {
    Sequence* sequence = nullptr;
    std::int64_t context = 0;  // before the first step
  };
  [[nodiscard]] std::span<const Member> crossing_at(std::size_t step) const;
  [[nodiscard]] std::int64_t needing_at(std::size_t step, const EngineState& state) const;
  [[nodiscard]] std::int64_t keeping_at(std::size_t step, const EngineState& state) const;
  void group_by_offset(std::span<const BatchEntry> batch, const EngineState& state);

  std::int64_t block_size_ = 1;
  bool some_hold_more_ = false;  // than they need now: blocks taken ahead
  std::vector<Duration> durations_;
  std::vector<TimePoint> ends_;
  std::vector<std::uint32_t> group_begin_;  // group g: sequences that begin a block in steps g, g + block_size, ...
  std::vector<Member> grouped_;
};

}  // namespace cleave
