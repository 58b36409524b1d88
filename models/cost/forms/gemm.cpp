#include "models/cost/forms/gemm.h"

#include <algorithm>
#include <limits>

namespace cleave {
namespace {

struct Tile {
  double m;
  double n;
};
constexpr std::array<Tile, 6> kTiles{{{64, 64}, {64, 128}, {128, 64}, {128, 128}, {128, 256}, {256, 128}}};
constexpr std::array<double, 4> kSplits{1, 2, 4, 8};
constexpr double kPartialSumBytes = 4;  // partial sums of a split are kept in float
constexpr double kSecondPass = 1e-6;    // adding them up

enum Index : std::size_t { kLaunch, kCompute, kMemory, kSharpness, kPenalty, kCached, kCacheShare, kCacheSpeed };

/// Whole waves of tiles, each as long as its operations take on one multiprocessor.
double computing(const GemmWork& w, const DeviceRates& device, Coefficients c) {
  const double one = device.flops * c[kCompute] / device.multiprocessors;
  double best = std::numeric_limits<double>::infinity();
  for (const Tile tile : kTiles) {
    const double tiles = std::ceil(w.m / tile.m) * std::ceil(w.n / tile.n);
    const double slow = 1 + c[kPenalty] * 32 * (1 / tile.m + 1 / tile.n);
    const double operations = 2 * tile.m * tile.n * w.k * slow;
    for (const double split : kSplits) {
      const double waves = std::ceil(tiles * split / device.multiprocessors);
      double seconds = waves * operations / split / one;
      if (split > 1) seconds += kSecondPass + kPartialSumBytes * w.m * w.n * split / (device.bandwidth * c[kMemory]);
      best = std::min(best, seconds);
    }
  }
  return best;
}

/// Activations that fit into the cache were written there by the kernel before, and stay there for the next.
double moving(const GemmWork& w, const DeviceRates& device, Coefficients c) {
  const double weights = w.weight_bytes * w.n * w.k;
  const double activations = w.input_bytes * w.m * w.k + w.output_bytes * w.m * w.n;
  const double fill = activations / device.cache;
  const double spared = c[kCached] / (1 + fill * fill);
  const double cold = w.in_turn > 0 ? cold_share(w.in_turn * weights, c[kCacheShare] * device.cache) : 1;
  const double read = weights * (cold + (1 - cold) / c[kCacheSpeed]);
  return (read + activations * (1 - spared)) / (device.bandwidth * c[kMemory]);
}

}  // namespace

double gemm_seconds(const GemmWork& work, const DeviceRates& device, Coefficients c) {
  return c[kLaunch] + smooth_max(computing(work, device, c), moving(work, device, c), c[kSharpness]);
}

double quantised_gemm_seconds(const GemmWork& work, const DeviceRates& device, Coefficients c) {
  constexpr double kWide = 2;  // bytes of an element before it is quantised
  const Coefficients own = c.subspan(gemm::kCoefficients.size());
  const double moved = work.m * work.k * (kWide + work.input_bytes) / (device.bandwidth * own[1]);
  const double kernels = gemm_seconds(work, device, c.first(gemm::kCoefficients.size())) + work.m * own[0] + moved;
  return smooth_max(kernels, own[2], 8);
}

double gemm_flops(const GemmWork& w) {
  return 2 * w.m * w.n * w.k;
}

double gemm_bytes(const GemmWork& w) {
  return w.input_bytes * w.m * w.k + w.weight_bytes * w.n * w.k + w.output_bytes * w.m * w.n;
}

}  // namespace cleave
