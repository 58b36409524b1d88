// Attention: tables `context_attention_perf` (prefill) and `generation_attention_perf` (decode), and layers of engines.

#include <fmt/format.h>

#include <algorithm>

#include "calibration/fit/families/families.h"
#include "calibration/fit/layers/attention_layers.h"
#include "models/cost/forms/attention.h"

namespace cleave::fit {
namespace {

enum Axis : std::size_t { kBatch, kTokens, kHeads, kKvHeads, kWidth, kWindow, kKvBytes, kPrefix, kWarm = kPrefix };
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
  const auto cache = table.find("cache");  // "cold": flushed between launches
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
    s.axis[kPrefix] = table.non_negative(step);
    if (decode) s.axis[kWarm] = cache && table.text(*cache) == "cold" ? 0 : 1;
    s.seconds = table.positive(latency) * 1e-3;
    const std::string base = attention_base(dtype, s.axis[kWidth], s.axis[kWindow]);
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

/// Calls of the kernel with both a prompt and decodes are of neither family.
void read_attention_layers(CsvTable& table, const TimedModel& model, std::string_view stem, RowSink& sink,
                           bool decode) {
  if (stem != "attention") return;
  AttentionLayers layers(table, model);
  const std::string base = attention_base("bfloat16", layers.heads().width, 0);
  while (const auto call = layers.next()) {
    if (decode ? call->chunk > 0 : call->decodes > 0) continue;
    const AttentionHeads& h = layers.heads();
    Sample s;
    s.axis = {decode ? call->decodes : 1, decode ? call->context : call->chunk, h.query, h.kv, h.width, 0, h.kv_bytes,
              decode ? 0 : call->prefix};
    s.seconds = call->seconds;
    s.variant = sink.variant(base + "/layer", base, Precision::bf16);
    sink.add(s, table);
  }
}

void read_decode_layers(CsvTable& table, const TimedModel& model, std::string_view stem, RowSink& sink) {
  read_attention_layers(table, model, stem, sink, true);
}

void read_prefill_layers(CsvTable& table, const TimedModel& model, std::string_view stem, RowSink& sink) {
  read_attention_layers(table, model, stem, sink, false);
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
/// A second query head for each KV head may well be faster: only then do some kernels split contexts.
constexpr std::array<std::size_t, 2> kDecodeGrowing{kTokens, kBatch};

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
  static const Family kFamily = with_layers({{kernel_family("prefill_attention")},
                                             "prefill attention",
                                             "context_attention_perf",
                                             kPrefillRegions,
                                             read_prefill,
                                             kGrowing,
                                             {"a cached prefix costs less", prefix_saves}},
                                            read_prefill_layers);
  return kFamily;
}

const Family& decode_attention_family() {
  static const Family kFamily = with_layers({{kernel_family("decode_attention")},
                                             "decode attention",
                                             "generation_attention_perf",
                                             kDecodeRegions,
                                             read_decode,
                                             kDecodeGrowing,
                                             {"affine in KV bytes at large context", affine_in_context}},
                                            read_decode_layers);
  return kFamily;
}

}  // namespace cleave::fit
