// Attention: tables `context_attention_perf` (prefill) and `generation_attention_perf` (decode).

#include <fmt/format.h>

#include <algorithm>

#include "calibration/fit/families/families.h"
#include "models/cost/forms/attention.h"

namespace cleave::fit {
namespace {

enum Axis : std::size_t { kBatch, kTokens, kHeads, kKvHeads, kWidth, kWindow, kKvBytes, kPrefix };
constexpr std::array<std::string_view, 8> kAxes{"batch", "tokens", "heads",    "kv_heads",
                                                "width", "window", "kv_bytes", "prefix"};

AttentionHeads heads(const Sample& s) {
  return {s.axis[kHeads], s.axis[kKvHeads], s.axis[kWidth], s.axis[kKvBytes], 2, s.axis[kWindow]};
}

DecodeWork decode_work(const Sample& s) {
  return {s.axis[kBatch], s.axis[kTokens], heads(s), true};
}

PrefillWork prefill_work(const Sample& s) {
  return {s.axis[kBatch], s.axis[kTokens], s.axis[kPrefix], heads(s)};
}

std::uint64_t head_pair(const Sample& s) {
  return mixed_key({s.axis[kHeads], s.axis[kKvHeads]});
}

Coordinates coordinates(const Sample& s, const DeviceRates&) {
  return {{std::log2(s.axis[kBatch]), std::log2(s.axis[kTokens]), std::log2(s.axis[kKvHeads]),
           std::log2(s.axis[kHeads] / s.axis[kKvHeads])},
          4};
}

/// Columns that older tables lack hold one value there: width 128, no window, KV in the format of attention.
void read_rows(CsvTable& table, RowSink& sink, bool decode) {
  const std::size_t source = table.column("kernel_source");
  const std::size_t batch = table.column("batch_size");
  const std::size_t isl = table.column("isl");
  const std::size_t heads_at = table.column("num_heads");
  const std::size_t kv_heads = table.column("num_key_value_heads");
  const std::size_t step = table.column("step");
  const std::size_t latency = table.column("latency");
  const auto width = table.find("head_dim");
  const auto window = table.find("window_size");
  const auto kv_dtype = table.find("kv_cache_dtype");
  while (table.next()) {
    Sample s;
    s.axis[kBatch] = table.positive(batch);
    s.axis[kHeads] = table.positive(heads_at);
    s.axis[kKvHeads] = table.positive(kv_heads);
    s.axis[kWidth] = width ? table.positive(*width) : 128;
    s.axis[kWindow] = window ? table.non_negative(*window) : 0;
    const std::string_view dtype = kv_dtype ? table.text(*kv_dtype) : "bfloat16";
    s.axis[kKvBytes] = dtype == "fp8" ? 1 : 2;
    s.axis[kTokens] = decode ? table.non_negative(step) + table.positive(isl) : table.positive(isl);
    s.axis[kPrefix] = decode ? 0 : table.non_negative(step);
    s.seconds = table.positive(latency) * 1e-3;
    const std::string base = fmt::format("{}/d{}/w{}", dtype, s.axis[kWidth], s.axis[kWindow]);
    s.variant = sink.variant(fmt::format("{}/{}", base, table.text(source)), base, Precision::bf16);
    sink.add(s, table);
  }
}

void read_decode(CsvTable& table, RowSink& sink) {
  read_rows(table, sink, true);
}

void read_prefill(CsvTable& table, RowSink& sink) {
  read_rows(table, sink, false);
}

double decode_core(const Sample& s, const DeviceRates& device, Coefficients c) {
  return decode_attention_seconds(decode_work(s), device, c);
}

double prefill_core(const Sample& s, const DeviceRates& device, Coefficients c) {
  return prefill_attention_seconds(prefill_work(s), device, c);
}

double decode_operations(const Sample& s) {
  return decode_flops(decode_work(s));
}

double decode_bytes(const Sample& s) {
  return decode_kv_bytes(decode_work(s));
}

double prefill_operations(const Sample& s) {
  return prefill_flops(prefill_work(s));
}

double prefill_moved(const Sample& s) {
  return prefill_bytes(prefill_work(s));
}

/// Twice the context adds what the same tokens added before: no step, no bend, once KV is far beyond the cache.
bool affine_in_context(const Sample& s, const DeviceRates& device, Coefficients c) {
  DecodeWork work = decode_work(s);
  work.heads.window = 0;
  const double bytes_a_token = decode_kv_bytes({work.batch, 1, work.heads, true});
  const double start = 64 * device.cache / bytes_a_token + 1e5;
  std::array<double, 3> seconds{};
  for (std::size_t i = 0; i < seconds.size(); ++i) {
    work.context = start * static_cast<double>(1 + i);
    seconds[i] = decode_attention_seconds(work, device, c);
  }
  return std::abs((seconds[2] - seconds[1]) / (seconds[1] - seconds[0]) - 1) < 0.02;
}

/// Half of a prompt found in the cache costs less than computing all of it.
bool prefix_saves(const Sample& s, const DeviceRates& device, Coefficients c) {
  const PrefillWork whole = prefill_work(s);
  if (whole.tokens < 2) return true;
  PrefillWork half = whole;
  half.prefix = whole.prefix + std::floor(whole.tokens / 2);
  half.tokens = whole.tokens - std::floor(whole.tokens / 2);
  return prefill_attention_seconds(half, device, c) < prefill_attention_seconds(whole, device, c);
}

constexpr std::array<std::size_t, 3> kGrowing{kTokens, kBatch, kHeads};

constexpr std::array<Region, 5> kPrefillRegions{{
    {"on the grid", RegionKind::random, 0, nullptr, 4, 12},
    {"unseen shape", RegionKind::group, 0, head_pair, 5, 15},
    {"beyond in length", RegionKind::beyond, kTokens, nullptr, 6, 16},
    {"beyond in batch", RegionKind::beyond, kBatch, nullptr, 12, 40},
    {"unseen device", RegionKind::device, 0, nullptr, 20, 0},
}};
constexpr std::array<Region, 5> kDecodeRegions{{
    {"on the grid", RegionKind::random, 0, nullptr, 5, 20},
    {"unseen shape", RegionKind::group, 0, head_pair, 5, 20},
    {"beyond in length", RegionKind::beyond, kTokens, nullptr, 10, 25},
    {"beyond in batch", RegionKind::beyond, kBatch, nullptr, 15, 40},
    {"unseen device", RegionKind::device, 0, nullptr, 20, 0},
}};

}  // namespace

const Family& prefill_attention_family() {
  static constexpr Family kFamily{"prefill_attention",
                                  "prefill attention",
                                  "context_attention_perf",
                                  kAxes,
                                  prefill_attention::kCoefficients,
                                  kPrefillRegions,
                                  read_prefill,
                                  prefill_core,
                                  prefill_operations,
                                  prefill_moved,
                                  coordinates,
                                  kGrowing,
                                  {"a cached prefix costs less", prefix_saves},
                                  false,
                                  {}};
  return kFamily;
}

const Family& decode_attention_family() {
  static constexpr Family kFamily{"decode_attention",
                                  "decode attention",
                                  "generation_attention_perf",
                                  kAxes,
                                  decode_attention::kCoefficients,
                                  kDecodeRegions,
                                  read_decode,
                                  decode_core,
                                  decode_operations,
                                  decode_bytes,
                                  coordinates,
                                  kGrowing,
                                  {"affine in KV bytes at large context", affine_in_context},
                                  false,
                                  {}};
  return kFamily;
}

}  // namespace cleave::fit
