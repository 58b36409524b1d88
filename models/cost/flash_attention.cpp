#include "models/cost/flash_attention.h"

#include <algorithm>
#include <array>

#include "models/cost/forms/device_rates.h"
#include "models/cost/forms/joint_attention.h"
#include "models/units/check.h"

namespace cleave {
namespace {

constexpr double kMeasuredKv = 2;  // bytes of an element
constexpr double kFull = 0.8;      // of the places: beyond, num_splits_heuristic splits nothing
constexpr double kCounted = 2;     // blocks that it counts on, of a multiprocessor

/// Of the bf16 peak, that tiles of FlashAttention 2 reach.
const Sourced<double>& joint_share(const DeviceSpec& device) {
  const ComputeSpec& compute = device.compute;
  return compute.joint_efficiency ? *compute.joint_efficiency : compute.attention_efficiency;
}

}  // namespace

bool has_flash_attention_2(const DeviceSpec& device) {
  return device.compute.query_tile && device.compute.multiprocessors && device.memory.cache;
}

double joint_decode_seconds(const DecodeWork& w, const DeviceSpec& device) {
  SIM_CHECK(has_flash_attention_2(device), "a device without figures of FlashAttention 2");
  std::array<double, joint_attention::kCoefficients.size()> c{};
  for (std::size_t i = 0; i < c.size(); ++i) c[i] = joint_attention::kCoefficients[i].initial;
  c[joint_attention::kComputeShare] = joint_share(device).value;
  c[joint_attention::kMemoryShare] = device.memory.attention_efficiency.value;
  return joint_attention_seconds(w, device.compute.query_tile->value, *device_rates(device, Precision::bf16), c);
}

KernelPrice joint_decode_price(const DecodeWork& w, const DeviceSpec& device, const KernelFit& fit) {
  SIM_CHECK(device.compute.query_tile, "a device without figures of FlashAttention 2");
  const double tile = device.compute.query_tile->value;
  KernelPrice price = fit.predict(joint_attention_axes(w, tile));
  if (w.longest <= w.context) return price;
  DecodeWork equal = w;
  equal.longest = 0;
  const KernelFit::Params& fitted = fit.params();
  price.seconds *= joint_attention_seconds(w, tile, fitted.rates, fitted.coefficients) /
                   joint_attention_seconds(equal, tile, fitted.rates, fitted.coefficients);
  return price;
}

Confidence joint_decode_confidence(const DeviceSpec& device) {
  return std::max({Confidence::derived, joint_share(device).confidence, device.compute.query_tile->confidence,
                   device.compute.multiprocessors->confidence, device.memory.cache->confidence});
}

double cold_start_seconds(const DecodeWork& w, const DeviceSpec& device) {
  const bool measured = device.overheads.cold_block && device.compute.multiprocessors;
  if (!measured || w.warm || w.heads.kv_bytes != kMeasuredKv) return 0;
  return w.batch * w.heads.kv / device.compute.multiprocessors->value * to_seconds(device.overheads.cold_block->value);
}

std::optional<double> whole_context_stretch(const DecodeWork& w, const DeviceSpec& device) {
  SIM_CHECK(has_flash_attention_2(device), "a device without figures of FlashAttention 2");
  const double multiprocessors = device.compute.multiprocessors->value;
  const double blocks = w.batch * w.heads.kv;
  if (blocks < kFull * kCounted * multiprocessors) return std::nullopt;
  const double mean = visible_context(w.context, w.heads.window);
  const double longest = visible_context(w.longest, w.heads.window);
  // Each multiprocessor takes block after block, `turn` tokens in all. The longest context's block begins, on average,
  // halfway between the first and the last, so it has passed this much when the others have ended.
  const double turn = blocks * mean / multiprocessors;
  const double left = std::max(0.0, longest - (turn + mean) / 2);
  // Alone it passes a token as fast as its multiprocessor computes a tile.
  const double rate = device.compute.bf16.peak.value.value() * joint_share(device).value / multiprocessors;
  const double alone = tile_flops(w.heads, device.compute.query_tile->value) / rate;
  const double bandwidth = device.memory.bandwidth.value.value() * device.memory.attention_efficiency.value;
  const double shared = decode_kv_bytes(w) / (blocks * mean) * multiprocessors / bandwidth;
  return 1 + left * std::min(1.0, alone / shared) / turn;
}

}  // namespace cleave
