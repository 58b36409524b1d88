#pragma once
// Who computes what in the next step: the choice that makes an engine what it is.

#include <memory>
#include <vector>

#include "sim/engine/batch.h"

namespace cleave {

/// Forms batches. Between two calls the state changes only as the calls below tell.
class Scheduler {
 public:
  virtual ~Scheduler() = default;

  /// Forms the next step's batch; `batch` is empty before. Returns whether anyone lost its KV.
  /// A batch in which every running sequence decodes and nobody lost anything is formed again, unchanged, until a
  /// sequence ends, memory runs out or something from outside happens, or EngineState::may_fit_later is set: stretches
  /// of decode steps rest on that.
  virtual bool form(EngineState& state, TimePoint now, std::vector<BatchEntry>& batch) = 0;

  /// So many further steps were taken with the batch last formed, all of decodes.
  virtual void repeated(std::int64_t) {}
  /// A running sequence left.
  virtual void left_running() {}
  /// Nothing is left to compute.
  virtual void idle() {}
};

[[nodiscard]] std::unique_ptr<Scheduler> make_scheduler(const EngineParams& params);

// The kinds, each in its own file. `params` is copied.
[[nodiscard]] std::unique_ptr<Scheduler> make_running_first(const EngineParams& params);
[[nodiscard]] std::unique_ptr<Scheduler> make_prefill_first(const EngineParams& params);
[[nodiscard]] std::unique_ptr<Scheduler> make_static_batch(const EngineParams& params);

}  // namespace cleave
