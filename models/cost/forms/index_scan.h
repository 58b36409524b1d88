#pragma once
// Time of the scan by which sparse attention (DSA, and CSA over compressed entries) chooses its tokens: small heads of
// eight bits score every earlier entry for every query token.

#include <array>

#include "models/cost/forms/form.h"

namespace cleave {

namespace index_scan {
/// Source of the initial values: InferSim's tables of DeepSeek-V3.2's indexer (64 heads of 128, FP8) on H800. Decode,
/// 64 sequences: 9.1 us at 1 024 tokens, 394 us at 131 072, 1.1 GB. Prefill: 59 % of the FP8 peak from 16 384 tokens
/// on.
inline constexpr std::array<Coefficient, 4> kCoefficients{{
    {"launch_s", 5.5e-6, 5e-7, 2e-4, "fixed time of the kernels"},
    {"compute_share", 0.59, 0.01, 1.1, "share of the peak in eight bits"},
    {"memory_share", 0.84, 0.02, 1.2, "share of the bandwidth while index entries are read"},
    {"sharpness", 4, 1.2, 8, "of the maximum of computing and moving"},
}};
/// The same values, for devices without tables of their own.
inline constexpr std::array<double, 4> kPublished{kCoefficients[0].initial, kCoefficients[1].initial,
                                                  kCoefficients[2].initial, kCoefficients[3].initial};
}  // namespace index_scan

/// Seconds: launch + smooth maximum of operations and bytes. `flops` and `bytes` are of one layer on one accelerator;
/// `device.flops` is the peak in eight bits. Coefficients: index_scan::kCoefficients.
[[nodiscard]] double index_scan_seconds(double flops, double bytes, const DeviceRates& device, Coefficients c);

}  // namespace cleave
