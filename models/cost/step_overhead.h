#pragma once
// What a step takes beside its operations: the host's work, gaps between kernels.

#include <algorithm>

#include "models/hardware/device.h"

namespace cleave {

/// Times in seconds. `scale` times the sum of the operations and `fixed` are the accelerator's; beyond the sizes that
/// the engine captured as graphs, kernels are launched one by one and other values hold. `host` and `sequence` (of each
/// sequence) are the host's: they come on top, or are hidden where the step was formed while another ran.
struct StepOverhead {
  double host = 0;
  double sequence = 0;
  double fixed = 0;
  double graph_scale = 1;
  double eager_fixed = 0;  // added to `fixed`
  double eager_scale = 1;
  double spread = 0;  // scans of decodes end with the longest: their time grows by this times the relative deviation
  // The host launches what no graph holds layer by layer; a step with prompts takes at least that long.
  double layer_captured = 0;   // each layer of a step that fits a graph: attention alone is launched
  double layer_eager = 0;      // each layer beyond the graphs
  double linear_captured = 0;  // the same for layers of linear attention, which are many small kernels
  double linear_eager = 0;
  bool calibrated = false;  // on measured steps of this device
  Confidence confidence = Confidence::assumed;

  [[nodiscard]] double scale(bool eager) const { return eager ? eager_scale : graph_scale; }
  [[nodiscard]] double offset(bool eager) const { return fixed + (eager ? eager_fixed : 0); }
  [[nodiscard]] double host_seconds(double sequences) const { return host + sequence * sequences; }
};

/// The catalogue's fixed time of a step as the host's, and nothing else.
[[nodiscard]] StepOverhead plain_overhead(const DeviceSpec& device);

}  // namespace cleave
