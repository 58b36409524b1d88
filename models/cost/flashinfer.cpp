#include "models/cost/flashinfer.h"

#include <algorithm>
#include <cmath>

#include "models/cost/forms/form.h"
#include "models/units/check.h"

namespace cleave {
namespace {

constexpr double kBlocksPerMultiprocessor = 2;
constexpr double kLeastChunk = 128;
constexpr double kWide = 2;       // bytes of an element as the tensor cores take it
constexpr double kSharpness = 8;  // of a maximum of two terms that overlap but for their ends

const FlashInferSpec& spec_of(const DeviceSpec& device) {
  SIM_CHECK(device.flashinfer_fa2 && device.compute.multiprocessors, "a device without figures of these kernels");
  return *device.flashinfer_fa2;
}

/// Seconds in which the memory delivers so many bytes of KV.
double reading(double bytes, const DeviceSpec& device) {
  return bytes / (device.memory.bandwidth.value.value() * device.memory.attention_efficiency.value);
}

}  // namespace

ScanPlan plan_scan(const DecodeWork& w, double multiprocessors) {
  const double places = kBlocksPerMultiprocessor * multiprocessors;
  const double mean = visible_context(w.context, w.heads.window);
  const double longest = std::max(mean, visible_context(w.longest, w.heads.window));
  const double sum = w.batch * mean;
  ScanPlan plan;
  const double chunks = std::floor(places / w.heads.kv);  // of all sequences, for each KV head
  if (w.batch > chunks) {
    plan.longest = longest;
    plan.share = sum * w.heads.kv / places;
    plan.waves = w.batch * w.heads.kv / places;
    return plan;
  }
  const double left = std::max(chunks - w.batch / 2, 1.0);
  plan.longest = std::min(longest, std::max(kLeastChunk, sum / left));
  return plan;
}

double fa2_decode_seconds(const DecodeWork& w, const DeviceSpec& device) {
  const FlashInferSpec& spec = spec_of(device);
  const double multiprocessors = device.compute.multiprocessors->value;
  const ScanPlan plan = plan_scan(w, multiprocessors);
  // A token is two vectors, key and value; the two blocks of a multiprocessor share its rate.
  const double token = 2 * w.heads.width * kBlocksPerMultiprocessor / spec.kv8_rate.value.value();
  // Places take up block after block: the longest one begins, on average, when half of it would have been too late.
  const double tokens =
      plan.share > 0 ? smooth_max(plan.longest, plan.share + plan.longest / 2, kSharpness) : plan.longest;
  const double passing = tokens * token + plan.waves * to_seconds(spec.block.value);
  return to_seconds(device.overheads.attention.value) +
         smooth_max(passing, reading(decode_kv_bytes(w), device), kSharpness);
}

double fa2_prefill_seconds(const PrefillWork& w, const DeviceSpec& device) {
  const FlashInferSpec& spec = spec_of(device);
  const double slowness = w.heads.kv_bytes < kWide ? spec.narrow_kv_slowness.value : 1;
  const double rate = spec.prefill_rate.value.value() * device.compute.multiprocessors->value;
  return to_seconds(device.overheads.attention.value) +
         smooth_max(prefill_flops(w) * slowness / rate, reading(prefill_bytes(w), device), kSharpness);
}

Confidence fa2_confidence(const DeviceSpec& device) {
  const FlashInferSpec& spec = spec_of(device);
  return std::max({spec.kv8_rate.confidence, spec.block.confidence, spec.prefill_rate.confidence,
                   spec.narrow_kv_slowness.confidence});
}

}  // namespace cleave
