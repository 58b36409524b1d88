// Routed experts: tables `moe_perf`.

#include <fmt/format.h>

#include "calibration/fit/families/families.h"

namespace cleave::fit {
namespace {

enum Axis : std::size_t {
  kTokens,
  kHidden,
  kInner,
  kChosen,
  kExperts,
  kTensor,
  kExpert,
  kWeightBytes,
  kActivationBytes
};
std::uint64_t model(const Sample& s) {
  return mixed_key({s.axis[kHidden], s.axis[kInner], s.axis[kChosen], s.axis[kExperts]});
}

std::uint64_t shard(const Sample& s) {
  return mixed_key(
      {s.axis[kHidden], s.axis[kInner], s.axis[kChosen], s.axis[kExperts], s.axis[kTensor], s.axis[kExpert]});
}

struct Format {
  std::string_view dtype;
  Precision precision;
  double weight_bytes;
  double activation_bytes;
};
constexpr std::array<Format, 8> kFormats{{{"bfloat16", Precision::bf16, 2, 2},
                                          {"fp8", Precision::fp8, 1, 1},
                                          {"fp8_block", Precision::fp8, 1, 1},
                                          {"int4_wo", Precision::bf16, 0.53, 2},
                                          {"nvfp4", Precision::fp4, 0.5625, 0.5625},
                                          {"w4a16_mxfp4", Precision::bf16, 0.53, 2},
                                          {"w4a8_mxfp4_mxfp8", Precision::fp8, 0.53, 1},
                                          {"w4a4_mxfp4", Precision::fp4, 0.53, 0.53}}};

const Format& format_of(const CsvTable& table, std::string_view dtype) {
  for (const Format& format : kFormats) {
    if (format.dtype == dtype) return format;
  }
  table.fail(fmt::format("`moe_dtype` is \"{}\", not a known format", dtype));
}

void read(CsvTable& table, RowSink& sink) {
  static constexpr std::array<std::string_view, 7> kColumns{"num_tokens",  "hidden_size", "inter_size", "topk",
                                                            "num_experts", "moe_tp_size", "moe_ep_size"};
  std::array<std::size_t, kColumns.size()> at{};
  for (std::size_t i = 0; i < kColumns.size(); ++i) at[i] = table.column(kColumns[i]);
  const std::size_t source = table.column("kernel_source");
  const std::size_t dtype = table.column("moe_dtype");
  const std::size_t distribution = table.column("distribution");
  const std::size_t latency = table.column("latency");
  while (table.next()) {
    Sample s;
    for (std::size_t i = 0; i < at.size(); ++i) s.axis[i] = table.positive(at[i]);
    const Format& format = format_of(table, table.text(dtype));
    s.axis[kWeightBytes] = format.weight_bytes;
    s.axis[kActivationBytes] = format.activation_bytes;
    s.seconds = table.positive(latency) * 1e-3;
    const std::string base = moe_base(format.dtype, table.text(distribution));
    s.variant = sink.variant(fmt::format("{}/{}", base, table.text(source)), base, format.precision);
    sink.add(s, table);
  }
}

constexpr std::array<std::size_t, 3> kGrowing{kTokens, kHidden, kInner};

constexpr std::array<Region, 5> kRegions{{
    {"on the grid", RegionKind::random, 0, nullptr, 6, 20},
    {"unseen shard", RegionKind::group, 0, shard, 9, 0},
    {"unseen model", RegionKind::group, 0, model, 15, 0},
    {"beyond in tokens", RegionKind::beyond, kTokens, nullptr, 25, 0},
    {"unseen device", RegionKind::device, 0, nullptr, 0, 0},
}};

}  // namespace

const Family& moe_family() {
  static const Family kFamily{
      {kernel_family("moe")}, "MoE experts", "moe_perf", kRegions, read, kGrowing, {}, {}, {}, true};
  return kFamily;
}

}  // namespace cleave::fit
