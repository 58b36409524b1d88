// The attention core of one tensor-parallel rank: whole prompts, and one query token a sequence.

#include "models/cost/forms/attention.h"

#include "models/cost/fitted/families/families.h"

namespace cleave {
namespace {

enum Axis : std::size_t { kBatch, kTokens, kHeads, kKvHeads, kWidth, kWindow, kKvBytes, kPrefix, kWarm = kPrefix };
constexpr std::array<std::string_view, 8> kPrefillAxes{"batch", "tokens", "heads",    "kv_heads",
                                                       "width", "window", "kv_bytes", "prefix"};
constexpr std::array<std::string_view, 8> kDecodeAxes{"batch", "context", "heads",    "kv_heads",
                                                      "width", "window",  "kv_bytes", "warm"};
constexpr std::array<std::size_t, 5> kShape{kHeads, kKvHeads, kWidth, kWindow, kKvBytes};

AttentionHeads heads(const KernelAxes& a) {
  return {a[kHeads], a[kKvHeads], a[kWidth], a[kKvBytes], 2, a[kWindow]};
}

PrefillWork prefill_work(const KernelAxes& a) {
  return {a[kBatch], a[kTokens], a[kPrefix], heads(a)};
}

DecodeWork decode_work(const KernelAxes& a) {
  return {a[kBatch], a[kTokens], heads(a), a[kWarm] != 0};
}

KernelAxes axes(double batch, double tokens, const AttentionHeads& h, double last) {
  return {batch, tokens, h.query, h.kv, h.width, h.window, h.kv_bytes, last};
}

/// How full the last of so many waves is, above 0 to 1: times repeat with it, wave after wave.
double fullness(double waves) {
  return waves / std::ceil(waves);
}

// The weights below were chosen once, for all devices together, by the errors on rows, shapes and sizes that were held
// out (docs/calibration.md).

/// Prompts are alike that have as many operations and rows, in as many and as full waves of thread blocks.
Place prefill_place(const KernelAxes& a, const DeviceRates& device) {
  constexpr double kTileRows = 128;
  const double rows = a[kBatch] * a[kHeads] * a[kTokens];
  const double waves = a[kBatch] * a[kHeads] * std::ceil(a[kTokens] / kTileRows) / device.multiprocessors;
  return {{0.3 * std::log2(a[kBatch]), 0.8 * std::log2(a[kTokens]), std::log2(a[kKvHeads]),
           0.65 * std::log2(a[kHeads] / a[kKvHeads]), 0.3 * std::log2(a[kHeads]), 5 * fullness(waves),
           0.8 * std::log2(waves), 0.8 * std::log2(rows), 0.5 * std::log2(rows * a[kTokens]),
           0.5 * std::log2(1 + a[kPrefix] / a[kTokens])},
          10};
}

/// Scans are alike that have as many and as full waves of thread blocks, one a sequence and KV head.
Place decode_place(const KernelAxes& a, const DeviceRates& device) {
  const double waves = a[kBatch] * a[kKvHeads] / device.multiprocessors;
  return {{0.6 * std::log2(a[kBatch]), std::log2(a[kTokens]), std::log2(a[kKvHeads]),
           1.6 * std::log2(a[kHeads] / a[kKvHeads]), 0.5 * std::log2(a[kHeads]), 3.2 * fullness(waves),
           0.5 * std::log2(waves), 0.5 * std::log2(a[kBatch] * a[kHeads]), a[kHeads] > a[kKvHeads] ? 3.0 : 0.0},
          9};
}

constexpr Smoothing kPrefillSmoothing{32, 6.4, 0.025};
constexpr Smoothing kDecodeSmoothing{24, 2.5, 0.04};
/// What prompts of this length do in so many waves, and in such a batch with so many KV heads.
constexpr std::array<Coordinates, 2> kPrefillParts{0b1100010, 0b111};
/// What contexts of this length do in so many waves, with these heads, and in such a batch.
constexpr std::array<Coordinates, 3> kDecodeParts{0b1100010, 0b1110, 0b11};

double prefill_seconds(const KernelAxes& a, const DeviceRates& device, Coefficients c) {
  return prefill_attention_seconds(prefill_work(a), device, c);
}

double prefill_operations(const KernelAxes& a) {
  return prefill_flops(prefill_work(a));
}

double prefill_moved(const KernelAxes& a) {
  return prefill_bytes(prefill_work(a));
}

double decode_seconds(const KernelAxes& a, const DeviceRates& device, Coefficients c) {
  return decode_attention_seconds(decode_work(a), device, c);
}

double decode_operations(const KernelAxes& a) {
  return decode_flops(decode_work(a));
}

double decode_moved(const KernelAxes& a) {
  return decode_kv_bytes(decode_work(a));
}

}  // namespace

KernelAxes prefill_attention_axes(const PrefillWork& work) {
  return axes(work.batch, work.tokens, work.heads, work.prefix);
}

KernelAxes decode_attention_axes(const DecodeWork& work) {
  return axes(work.batch, work.context, work.heads, work.warm ? 1 : 0);
}

KernelFamily prefill_attention_kernels() {
  KernelFamily family{"prefill_attention", kPrefillAxes,       prefill_attention::kCoefficients,
                      prefill_seconds,     prefill_operations, prefill_moved,
                      prefill_place,       kPrefillSmoothing,  kPrefillParts};
  family.shape = kShape;
  return family;
}

KernelFamily decode_attention_kernels() {
  KernelFamily family{"decode_attention", kDecodeAxes,       decode_attention::kCoefficients,
                      decode_seconds,     decode_operations, decode_moved,
                      decode_place,       kDecodeSmoothing,  kDecodeParts};
  family.shape = kShape;
  return family;
}

}  // namespace cleave
