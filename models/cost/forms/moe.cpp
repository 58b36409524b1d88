#include "models/cost/forms/moe.h"

#include <algorithm>

namespace cleave {
namespace {

constexpr double kMatrices = 3;     // gate, up and down
constexpr double kIndependent = 2;  // evenness of independent choices
constexpr double kWide = 2;         // bytes of an activation before it is quantised

double rows(const MoeWork& w) {
  return w.tokens * w.chosen / w.expert_ranks;
}

double matrix_elements(const MoeWork& w) {
  return w.hidden * w.inner / w.tensor_ranks;
}

double row_bytes(const MoeWork& w) {
  return w.activation_bytes * (2 * w.hidden + 3 * w.inner / w.tensor_ranks);
}

}  // namespace

double moe_hit_experts(const MoeWork& w, double evenness) {
  const double local = w.experts / w.expert_ranks;
  const double choices = w.tokens * w.chosen / w.experts;  // of one expert
  return local * choices / std::pow(1 + std::pow(choices, evenness), 1 / evenness);
}

double moe_flops(const MoeWork& w) {
  return 2 * kMatrices * matrix_elements(w) * rows(w);
}

double moe_bytes(const MoeWork& w) {
  return kMatrices * matrix_elements(w) * w.weight_bytes * moe_hit_experts(w, kIndependent) + rows(w) * row_bytes(w);
}

double moe_seconds(const MoeWork& w, const DeviceRates& device, Coefficients c) {
  enum : std::size_t { kLaunch, kCompute, kMemory, kSharpness, kTileRows, kPermute, kExpert, kEvenness, kCrowding };
  const double hit = moe_hit_experts(w, c[kEvenness]);
  const double fullest = rows(w) * std::pow(w.expert_ranks, c[kCrowding]);
  const double padded = smooth_max(fullest, hit * c[kTileRows], 2);
  const double computing = 2 * kMatrices * matrix_elements(w) * padded / (device.flops * c[kCompute]);
  const double weights = kMatrices * matrix_elements(w) * w.weight_bytes * hit / (device.bandwidth * c[kMemory]);
  // Every rank looks through the choices of all tokens, its own or not.
  const double looked_through = w.tokens * w.chosen * w.hidden * kWide;
  const double permuting = (fullest * row_bytes(w) + looked_through) / (device.bandwidth * c[kPermute]);
  return c[kLaunch] + hit * c[kExpert] + permuting + smooth_max(computing, weights, c[kSharpness]);
}

}  // namespace cleave
