#pragma once
// What a step takes beside its operations: the host's work, gaps between kernels.

#include <optional>
#include <string>

#include "models/hardware/device.h"

namespace cleave {

/// A step takes fixed + sequence x sequences + scale x (sum of the operations); beyond the sizes that the engine
/// captured as graphs, kernels are launched one by one, and fixed, scale are others. Times in seconds.
struct StepOverhead {
  double fixed = 0;
  double sequence = 0;  // each running sequence
  double graph_scale = 1;
  double eager_fixed = 0;  // added to `fixed`
  double eager_scale = 1;
  bool calibrated = false;  // on measured steps of this device
  Confidence confidence = Confidence::assumed;

  [[nodiscard]] double scale(bool eager) const { return eager ? eager_scale : graph_scale; }
  [[nodiscard]] double offset(bool eager, double sequences) const {
    return fixed + (eager ? eager_fixed : 0) + sequence * sequences;
  }
};

/// The catalogue's fixed time of a step, and nothing else.
[[nodiscard]] StepOverhead plain_overhead(const DeviceSpec& device);

}  // namespace cleave
