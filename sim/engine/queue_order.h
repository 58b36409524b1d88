#pragma once
// SGLang's orders of the waiting queue.

#include "sim/engine/batch.h"

namespace cleave {

/// Sorts the waiting queue by the engine's order, before prompts are admitted. fcfs and priority queues are in order
/// already. lpm and hrrn leave a queue of more than cache_aware.most_waiting as it is. Of several prompts with little
/// cached that share a beginning, the first stays and the others go to the end, so that they find what it computes.
/// Source: sglang/srt/managers/schedule_policy.py.
void order_waiting(EngineState& state, const EngineParams& params);

}  // namespace cleave
