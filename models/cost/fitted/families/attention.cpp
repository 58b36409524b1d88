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

Place place(const KernelAxes& a, const DeviceRates&) {
  return {{std::log2(a[kBatch]), std::log2(a[kTokens]), std::log2(a[kKvHeads]), std::log2(a[kHeads] / a[kKvHeads])}, 4};
}

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
  return {"prefill_attention", kPrefillAxes, prefill_attention::kCoefficients, prefill_seconds, prefill_operations,
          prefill_moved,       place};
}

KernelFamily decode_attention_kernels() {
  return {"decode_attention", kDecodeAxes, decode_attention::kCoefficients, decode_seconds, decode_operations,
          decode_moved,       place};
}

}  // namespace cleave
