#include "models/cost/forms/attention.h"

#include <algorithm>
#include <optional>

#include "models/arch/parameters.h"

namespace cleave {
namespace {

constexpr double kTileRows = 128;  // query rows that one thread block holds

double pairs(const PrefillWork& w) {
  return visible_pairs(w.tokens, w.prefix, w.heads.window > 0 ? std::optional(w.heads.window) : std::nullopt);
}

}  // namespace

double decode_kv_bytes(const DecodeWork& w) {
  return w.batch * visible_context(w.context, w.heads.window) * 2 * w.heads.kv * w.heads.width * w.heads.kv_bytes;
}

double decode_flops(const DecodeWork& w) {
  return w.batch * visible_context(w.context, w.heads.window) * 4 * w.heads.query * w.heads.width;
}

double decode_attention_seconds(const DecodeWork& w, const DeviceRates& device, Coefficients c) {
  enum : std::size_t { kLaunch, kBlock, kMemory, kSharpness, kCacheShare, kCacheSpeed, kLong, kSerial };
  const double bytes = decode_kv_bytes(w);
  const double cold = w.warm ? cold_share(bytes, c[kCacheShare] * device.cache) : 1;
  const double reading = bytes * (cold + (1 - cold) / c[kCacheSpeed]) / (device.bandwidth * c[kMemory]);
  const double blocks = w.batch * w.heads.kv;
  // Below one wave, KV heads are split over idle multiprocessors: partial waves count in full only beyond the first.
  const double waves = blocks / device.multiprocessors;
  const double context = visible_context(w.context, w.heads.window);
  const double depth = std::log2(1 + context / kTileRows);
  const double serial = w.heads.query > w.heads.kv ? 0 : context * c[kSerial];
  return c[kLaunch] + c[kLong] * depth + smooth_max(waves * c[kBlock], smooth_max(serial, reading, 2), c[kSharpness]);
}

double prefill_flops(const PrefillWork& w) {
  return w.batch * 4 * w.heads.query * w.heads.width * pairs(w);
}

double prefill_bytes(const PrefillWork& w) {
  const double queries = 2 * w.tokens * w.heads.query * w.heads.query_bytes;
  const double fresh = 2 * w.tokens * w.heads.kv * (w.heads.query_bytes + w.heads.kv_bytes);
  const double earlier = w.heads.window > 0 ? std::min(w.prefix, w.heads.window) : w.prefix;
  const double cached = 2 * earlier * w.heads.kv * w.heads.kv_bytes;
  return w.batch * w.heads.width * (queries + fresh + cached);
}

double prefill_attention_seconds(const PrefillWork& w, const DeviceRates& device, Coefficients c) {
  enum : std::size_t { kLaunch, kCompute, kMemory, kSharpness, kStore, kDiagonal, kTail, kCacheShare, kCacheSpeed };
  const double tiles = std::ceil(w.tokens / kTileRows);
  const double padded = pairs(w) + tiles * kTileRows * c[kDiagonal];
  const double all = w.batch * 4 * w.heads.query * w.heads.width * padded;
  const double last_row = kTileRows * (visible_context(w.prefix + w.tokens, w.heads.window) + c[kDiagonal]);
  const double longest = 4 * w.heads.width * last_row * device.multiprocessors * c[kTail];
  const double computing = smooth_max(all, longest, 2) / (device.flops * c[kCompute]);
  const double stored = w.batch * w.tokens * 2 * w.heads.kv * w.heads.width * (w.heads.query_bytes + w.heads.kv_bytes);
  const double bytes = prefill_bytes(w);
  const double cold = cold_share(bytes, c[kCacheShare] * device.cache);
  const double bandwidth = device.bandwidth / (cold + (1 - cold) / c[kCacheSpeed]);
  const double moving = bytes / (bandwidth * c[kMemory]);
  return c[kLaunch] + stored / (bandwidth * c[kStore]) + smooth_max(computing, moving, c[kSharpness]);
}

}  // namespace cleave
