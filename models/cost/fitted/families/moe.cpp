// Routed experts of one rank.

#include "models/cost/forms/moe.h"

#include "models/cost/fitted/families/families.h"

namespace cleave {
namespace {

enum Axis : std::size_t {
  kTokens,
  kHidden,
  kInner,
  kChosen,
  kExperts,
  kTensor,
  kExpert,
  kWeightBytes,
  kActivationBytes
};
constexpr std::array<std::string_view, 9> kAxes{"tokens",       "hidden",       "inner",
                                                "top_k",        "experts",      "tensor_ranks",
                                                "expert_ranks", "weight_bytes", "activation_bytes"};

MoeWork work(const KernelAxes& a) {
  return {a[kTokens], a[kHidden], a[kInner],       a[kChosen],         a[kExperts],
          a[kTensor], a[kExpert], a[kWeightBytes], a[kActivationBytes]};
}

double seconds(const KernelAxes& a, const DeviceRates& device, Coefficients c) {
  return moe_seconds(work(a), device, c);
}

double flops(const KernelAxes& a) {
  return moe_flops(work(a));
}

double bytes(const KernelAxes& a) {
  return moe_bytes(work(a));
}

/// Weights chosen once, for all devices together, by the errors on rows, shards, models and sizes that were held out
/// (docs/calibration.md).
Place place(const KernelAxes& a, const DeviceRates&) {
  const double rows = a[kTokens] * a[kChosen] / a[kExperts];  // of one expert
  return {{0.4 * std::log2(a[kTokens]), 0.53 * std::log2(rows), 0.4 * std::log2(a[kExperts] / a[kExpert]),
           0.65 * std::log2(a[kInner] / a[kTensor]), 1.3 * std::log2(a[kHidden]), 0.3 * std::log2(flops(a)),
           0.5 * std::log2(a[kExpert]), std::log2(a[kInner]), 1.6 * std::log2(a[kChosen])},
          9};
}

constexpr Smoothing kSmoothing{32, 4, 0.03};
/// What so many tokens do, and so many rows of each of a rank's experts.
constexpr std::array<Coordinates, 2> kParts{0b011, 0b110};

}  // namespace

KernelAxes moe_axes(const MoeWork& w) {
  return {w.tokens,       w.hidden,       w.inner,        w.chosen,          w.experts,
          w.tensor_ranks, w.expert_ranks, w.weight_bytes, w.activation_bytes};
}

KernelFamily moe_kernels() {
  return {"moe", kAxes, moe::kCoefficients, seconds, flops, bytes, place, kSmoothing, kParts};
}

}  // namespace cleave
