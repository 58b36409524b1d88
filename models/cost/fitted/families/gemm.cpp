// Matrix products: plain ones, and those whose inputs are quantised first.

#include "models/cost/forms/gemm.h"

#include "models/cost/fitted/families/families.h"

namespace cleave {
namespace {

enum Axis : std::size_t { kM, kN, kK, kElementBytes };
constexpr std::array<std::string_view, 4> kAxes{"m", "n", "k", "element_bytes"};

GemmWork work(const KernelAxes& a) {
  return {a[kM], a[kN], a[kK], a[kElementBytes], a[kElementBytes], 2};
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

Place plain_place(const KernelAxes& a, const DeviceRates&) {
  return {{std::log2(a[kM]), std::log2(a[kN]), std::log2(a[kK]), std::fmod(a[kM], 8) == 0 ? 0.0 : 1.0}, 4};
}

/// Block-scaled kernels pad rows to a multiple of four.
Place quantised_place(const KernelAxes& a, const DeviceRates& device) {
  Place place = plain_place(a, device);
  place.at[3] = std::fmod(a[kM], 4) == 0 ? 0 : 2;
  return place;
}

}  // namespace

KernelAxes gemm_axes(const GemmWork& work) {
  return {work.m, work.n, work.k, work.weight_bytes};
}

KernelFamily gemm_bf16_kernels() {
  return {"gemm_bf16", kAxes, gemm::kCoefficients, plain, flops, bytes, plain_place};
}

KernelFamily gemm_fp8_kernels() {
  return {"gemm_fp8", kAxes, quantised_gemm::kCoefficients, quantised, flops, bytes, quantised_place};
}

KernelFamily gemm_fp4_kernels() {
  return {"gemm_fp4", kAxes, quantised_gemm::kCoefficients, quantised, flops, bytes, quantised_place};
}

}  // namespace cleave
