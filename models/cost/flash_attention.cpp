#include "models/cost/flash_attention.h"

#include <algorithm>
#include <cmath>

#include "models/cost/forms/form.h"
#include "models/units/check.h"

namespace cleave {
namespace {

/// What a tile takes beside the tokens that it passes, in tokens. At the rate of the whole device, 20 ns of 0.12 ns a
/// token on RTX PRO 6000, 43 of 0.26 on RTX 4090. Half of a last block of keys (128 wide for heads of 128) is padding.
constexpr double kTileTokens = 168;
constexpr double kOverlap = 3;         // of the maximum of computing and reading
constexpr double kEmptyTile = 0.3e-6;  // seconds of one multiprocessor: 0.31 us on RTX PRO 6000, 0.28 on RTX 4090
constexpr double kMeasuredKv = 2;      // bytes of an element
constexpr double kEnds = 8;            // of the maximum of all blocks and the longest
constexpr double kFull = 0.8;          // of the places: beyond, num_splits_heuristic splits nothing
constexpr double kCounted = 2;         // blocks that it counts on, of a multiprocessor

/// Of the bf16 peak, that tiles reach in one kernel with prompts.
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
  const double multiprocessors = device.compute.multiprocessors->value;
  const double rate = device.compute.bf16.peak.value.value() * joint_share(device).value;
  const double token = 4 * w.heads.width * device.compute.query_tile->value / rate;  // of one query head
  const double mean = visible_context(w.context, w.heads.window);
  const double longest = std::max(mean, visible_context(w.longest, w.heads.window));
  const double tiles = w.batch * w.heads.query;
  const double computing = token * std::max(tiles * (mean + kTileTokens), multiprocessors * (longest + kTileTokens));
  // Tiles run head by head, one on each multiprocessor. Query heads that do not run at the same time find the keys and
  // values of their KV head in the cache, if that holds those of all sequences; else they read them again.
  const double bytes = decode_kv_bytes(w);
  const double group = w.heads.query / w.heads.kv;
  const double passes = std::max(1.0, group / std::max(1.0, multiprocessors / w.batch));
  const double lost = cold_share(bytes / w.heads.kv, static_cast<double>(device.memory.cache->value.value()));
  const double bandwidth = device.memory.bandwidth.value.value() * device.memory.attention_efficiency.value;
  const double empty = tiles * (std::ceil(w.beside / device.compute.query_tile->value) - 1) / multiprocessors;
  return smooth_max(computing, bytes * (1 + (passes - 1) * lost) / bandwidth, kOverlap) + empty * kEmptyTile;
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
  // Each multiprocessor takes block after block; when the last ones end, half a block is left on average.
  const double passed = blocks * mean / multiprocessors + mean / 2;
  return smooth_max(passed, longest, kEnds) / passed;
}

}  // namespace cleave
