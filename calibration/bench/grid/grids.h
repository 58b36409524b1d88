#pragma once
// The grids of all CUDA probes: known, listed and tested without a device. Column names are those of the public tables.

#include <vector>

#include "calibration/bench/harness/probe.h"

namespace cleave::bench {

[[nodiscard]] ProbeSpec gemm_spec();
[[nodiscard]] ProbeSpec moe_spec();
[[nodiscard]] ProbeSpec prefill_attention_spec();
[[nodiscard]] ProbeSpec decode_attention_spec();
[[nodiscard]] ProbeSpec decode_mla_spec();
[[nodiscard]] ProbeSpec elementwise_spec();
[[nodiscard]] ProbeSpec kv_blocks_spec();
[[nodiscard]] ProbeSpec copies_spec();
[[nodiscard]] ProbeSpec launch_spec();
[[nodiscard]] ProbeSpec step_spec();

/// All of them, in the order in which they run: what a fit needs most comes first.
[[nodiscard]] std::vector<ProbeSpec> cuda_specs();

}  // namespace cleave::bench
