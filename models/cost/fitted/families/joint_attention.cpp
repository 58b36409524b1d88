// Decodes of one tensor-parallel rank in one call of FlashAttention 2 with prompts.

#include "models/cost/forms/joint_attention.h"

#include "models/cost/fitted/families/families.h"

namespace cleave {
namespace {

enum Axis : std::size_t { kBatch, kContext, kHeads, kKvHeads, kWidth, kBeside, kTile };
constexpr std::array<std::string_view, 7> kAxes{"batch", "context", "heads", "kv_heads", "width", "beside", "tile"};

DecodeWork work(const KernelAxes& a) {
  return {a[kBatch], a[kContext], {a[kHeads], a[kKvHeads], a[kWidth], 2, 2, 0}, false, 0, a[kBeside]};
}

double seconds(const KernelAxes& a, const DeviceRates& device, Coefficients c) {
  return joint_attention_seconds(work(a), a[kTile], device, c);
}

double flops(const KernelAxes& a) {
  return joint_attention_flops(work(a), a[kTile]);
}

double bytes(const KernelAxes& a) {
  return decode_kv_bytes(work(a));
}

/// Batches are alike that have as many tiles, of contexts of this length, and as much KV a head for the cache to keep.
Place place(const KernelAxes& a, const DeviceRates& device) {
  const double tiles = a[kBatch] * a[kHeads] / device.multiprocessors;
  const double kept = a[kBatch] * a[kContext] * a[kWidth] * 4 / device.cache;
  return {{std::log2(a[kBatch]), std::log2(a[kContext]), std::log2(a[kHeads] / a[kKvHeads]), std::log2(tiles),
           2 * std::log2(kept), 0.5 * std::log2(a[kBeside])},
          6};
}

constexpr Smoothing kSmoothing{24, 6, 0.02};

}  // namespace

KernelAxes joint_attention_axes(const DecodeWork& w, double tile) {
  return {w.batch, w.context, w.heads.query, w.heads.kv, w.heads.width, w.beside, tile};
}

KernelFamily joint_attention_kernels() {
  return {"joint_attention", kAxes, joint_attention::kCoefficients, seconds, flops, bytes, place, kSmoothing, {}};
}

}  // namespace cleave
