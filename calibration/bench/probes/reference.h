#pragma once
// Plain host code to compare our kernels with.

#include <cuda_bf16.h>

#include <cstddef>
#include <string>
#include <vector>

#include "calibration/bench/harness/probe.h"

namespace cleave::bench {

/// Waits for the device. Errors: DeviceError.
[[nodiscard]] std::vector<float> download(const __nv_bfloat16* data, std::size_t count);

/// Attention of one query over `keys` (rows of `depth`), `values` (rows of `width`), the first `count` of them.
[[nodiscard]] std::vector<float> reference_attention(const float* query, const std::vector<float>& keys,
                                                     const std::vector<float>& values, std::size_t count,
                                                     std::size_t depth, std::size_t width, float scale);

/// Largest absolute difference over the largest magnitude expected; NaN if any value is.
[[nodiscard]] CheckResult compare(std::string what, const std::vector<float>& got, const std::vector<float>& expected,
                                  double tolerance);

}  // namespace cleave::bench
