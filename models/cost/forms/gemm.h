#pragma once
// Time of y[m, n] = x[m, k] w[k, n].

#include <array>

#include "models/cost/forms/form.h"

namespace cleave {

/// Shape: all dimensions >= 1. Bytes are of one element.
struct GemmWork {
  double m = 0;
  double n = 0;
  double k = 0;
  double input_bytes = 2;
  double weight_bytes = 2;
  double output_bytes = 2;
  /// So many weight matrices of this size are used in turn, again and again, as benchmark loops do: those that fit into
  /// the cache stay there. 0: weights come from memory, as they do while an engine goes through its layers.
  double in_turn = 0;
};

namespace gemm {
inline constexpr std::array<Coefficient, 8> kCoefficients{{
    {"launch_s", 3e-6, 5e-7, 3e-5, "fixed time of a kernel"},
    {"compute_share", 0.75, 0.05, 1.2, "share of the peak that a large tile reaches"},
    {"memory_share", 0.8, 0.05, 1.2, "share of the memory's bandwidth"},
    {"sharpness", 2.5, 1.2, 8, "of the maximum of computing and moving"},
    {"small_tile_penalty", 0.05, 1e-4, 4, "share lost by a 64 x 64 tile"},
    {"cached_activations", 0.3, 1e-3, 0.95, "share of activations that a cache as large as they are spares"},
    {"cache_share", 0.8, 0.1, 1.6, "of the cache that holds weights between two uses"},
    {"cache_speed", 2.5, 1.0, 30, "reading weights from the cache, as a multiple of memory_share"},
}};
}  // namespace gemm

/// Seconds of one product: launch + smooth maximum of whole waves of tiles and of bytes.
/// The tile (and the split of k) is the one that is fastest under the same rule, as libraries choose it.
/// Never falls as m, n or k grows. Errors: none. Coefficients: gemm::kCoefficients.
[[nodiscard]] double gemm_seconds(const GemmWork& work, const DeviceRates& device, Coefficients c);

namespace quantised_gemm {
inline constexpr std::array<Coefficient, 11> kCoefficients{{
    gemm::kCoefficients[0],
    gemm::kCoefficients[1],
    gemm::kCoefficients[2],
    gemm::kCoefficients[3],
    gemm::kCoefficients[4],
    gemm::kCoefficients[5],
    gemm::kCoefficients[6],
    gemm::kCoefficients[7],
    {"row_s", 1e-9, 1e-12, 1e-7, "each row that is quantised first"},
    {"quantise_share", 0.5, 0.02, 2, "share of the bandwidth while inputs are quantised"},
    {"host_s", 4e-6, 5e-7, 1e-3, "time of the host for its calls, which kernels hide once they take longer"},
}};
}  // namespace quantised_gemm

/// The same with inputs that arrive in 16 bits and are quantised row by row before the product.
/// Coefficients: quantised_gemm::kCoefficients.
[[nodiscard]] double quantised_gemm_seconds(const GemmWork& work, const DeviceRates& device, Coefficients c);

/// Floating-point operations and bytes of a product, for rooflines.
[[nodiscard]] double gemm_flops(const GemmWork& work);
[[nodiscard]] double gemm_bytes(const GemmWork& work);

}  // namespace cleave
