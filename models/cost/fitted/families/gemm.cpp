// Matrix products: plain ones, and those whose inputs are quantised first.

#include "models/cost/forms/gemm.h"

#include "models/cost/fitted/families/families.h"

namespace cleave {
namespace {

enum Axis : std::size_t { kM, kN, kK, kElementBytes, kInTurn };
constexpr std::array<std::string_view, 5> kAxes{"m", "n", "k", "element_bytes", "in_turn"};
constexpr std::array<std::size_t, 4> kShape{kN, kK, kElementBytes, kInTurn};

GemmWork work(const KernelAxes& a) {
  return {a[kM], a[kN], a[kK], a[kElementBytes], a[kElementBytes], 2, a[kInTurn]};
}

double plain(const KernelAxes& a, const DeviceRates& device, Coefficients c) {
  return gemm_seconds(work(a), device, c);
}

double quantised(const KernelAxes& a, const DeviceRates& device, Coefficients c) {
  return quantised_gemm_seconds(work(a), device, c);
}

double flops(const KernelAxes& a) {
  return gemm_flops(work(a));
}

double bytes(const KernelAxes& a) {
  return gemm_bytes(work(a));
}

/// How full the last wave of tiles is, above 0 to 1: times repeat with it, wave after wave.
double fullness(const KernelAxes& a, const DeviceRates& device, double tile_m, double tile_n) {
  const double waves = std::ceil(a[kM] / tile_m) * std::ceil(a[kN] / tile_n) / device.multiprocessors;
  return waves / std::ceil(waves);
}

double log_tiles(const KernelAxes& a) {
  return std::log2(std::ceil(a[kM] / 128) * std::ceil(a[kN] / 128));
}

double unaligned(const KernelAxes& a, double rows) {
  return std::fmod(a[kM], rows) == 0 ? 0 : 1;
}

// The weights below were chosen once, for all devices together, by the errors on rows, shapes and sizes that were held
// out (docs/calibration.md).

/// Shapes are alike that have as many tiles and as full a last wave, under the tiles that libraries use most.
Place plain_place(const KernelAxes& a, const DeviceRates& device) {
  return {{std::log2(a[kM]), std::log2(a[kN]), std::log2(a[kK]), 0.4 * unaligned(a, 8),
           8 * fullness(a, device, 128, 128), 5 * fullness(a, device, 128, 256), 3 * fullness(a, device, 256, 128),
           4 * fullness(a, device, 64, 128), 2 * log_tiles(a)},
          9};
}

/// Block-scaled kernels pad rows to a multiple of four; all of these are picky about the number of rows.
Place quantised_place(const KernelAxes& a, const DeviceRates& device) {
  return {{1.6 * std::log2(a[kM]), std::log2(a[kN]), 0.65 * std::log2(a[kK]), 0.25 * unaligned(a, 8),
           0.65 * unaligned(a, 4), 2 * fullness(a, device, 128, 128), 0.5 * log_tiles(a),
           0.3 * std::log2(a[kM] * a[kN] * a[kK])},
          8};
}

constexpr Smoothing kSmoothing{32, 4, 0.04};
/// What m rows do with n columns, and with sums of length k.
constexpr std::array<Coordinates, 2> kPlainParts{0b1011, 0b1101};
constexpr std::array<Coordinates, 2> kQuantisedParts{0b11011, 0b11101};

}  // namespace

KernelAxes gemm_axes(const GemmWork& work) {
  return {work.m, work.n, work.k, work.weight_bytes, work.in_turn};
}

KernelFamily gemm_bf16_kernels() {
  KernelFamily family{"gemm_bf16", kAxes,       gemm::kCoefficients, plain,      flops,
                      bytes,       plain_place, kSmoothing,          kPlainParts};
  family.shape = kShape;
  return family;
}

KernelFamily gemm_fp8_kernels() {
  return {"gemm_fp8", kAxes,          quantised_gemm::kCoefficients, quantised, flops, bytes, quantised_place,
          kSmoothing, kQuantisedParts};
}

KernelFamily gemm_fp4_kernels() {
  return {"gemm_fp4", kAxes,          quantised_gemm::kCoefficients, quantised, flops, bytes, quantised_place,
          kSmoothing, kQuantisedParts};
}

}  // namespace cleave
