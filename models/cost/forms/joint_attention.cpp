#include "models/cost/forms/joint_attention.h"

#include <algorithm>
#include <cmath>

#include "models/cost/forms/form.h"

namespace cleave {
double joint_attention_seconds(const DecodeWork& w, double tile, const DeviceRates& device, Coefficients c) {
  const double mean = visible_context(w.context, w.heads.window);
  const double longest = std::max(mean, visible_context(w.longest, w.heads.window));
  const double tiles = w.batch * w.heads.query;
  const double token =
      tile_flops(w.heads, tile) / (device.flops * c[joint_attention::kComputeShare]);  // of one query head
  const double computing = token * std::max(tiles * (mean + c[joint_attention::kTileTokens]),
                                            device.multiprocessors * (longest + c[joint_attention::kTileTokens]));
  // Tiles run head by head, one on each multiprocessor. Query heads that do not run at the same time find the keys and
  // values of their KV head in the cache, if that holds those of all sequences; else they read them again.
  const double bytes = decode_kv_bytes(w);
  const double group = w.heads.query / w.heads.kv;
  const double passes = std::max(1.0, group / std::max(1.0, device.multiprocessors / w.batch));
  const double lost = cold_share(bytes / w.heads.kv, c[joint_attention::kCacheShare] * device.cache);
  const double reading = bytes * (1 + (passes - 1) * lost) / (device.bandwidth * c[joint_attention::kMemoryShare]);
  const double empty = tiles * (std::ceil(w.beside / tile) - 1) / device.multiprocessors;
  return smooth_max(computing, reading, c[joint_attention::kSharpness]) + empty * c[joint_attention::kEmptyTile];
}

double joint_attention_flops(const DecodeWork& w, double tile) {
  return tile_flops(w.heads, tile) * w.batch * w.heads.query * visible_context(w.context, w.heads.window);
}

}  // namespace cleave
