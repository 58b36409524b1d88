// Routed experts: tables `moe_perf`, and layers of engines.

#include <fmt/format.h>

#include <map>

#include "calibration/fit/families/families.h"
#include "models/cost/forms/moe.h"
#include "models/units/real.h"

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
    const std::string_view kernel = table.text(source);
    // Older tables do not say that vLLM's own kernel is Triton's.
    const std::string_view library = kernel == "vllm_fused_moe" ? "vllm_fused_moe_triton" : kernel;
    s.variant = sink.variant(fmt::format("{}/{}", base, library), base, format.precision);
    sink.add(s, table);
  }
}

/// How even choices are whose load tables call "power_law_1.01": aiconfigurator's rows of RTX PRO 6000, BF16, by the
/// form of `models/cost/forms/moe.h`. Choices of each token by itself would be 2.
constexpr double kEvenness = 1.26;

/// Seconds by experts that some token chose, in order; beyond the ends what they say.
double at_hits(const std::map<double, double>& seconds, double hits) {
  const auto above = seconds.lower_bound(hits);
  if (above == seconds.begin()) return above->second;
  const auto below = std::prev(above);
  if (above == seconds.end()) return below->second;
  return below->second + (above->second - below->second) * (hits - below->first) / (above->first - below->first);
}

/// Rows tell the time of so many tokens that chose so many experts together. vLLM 0.19 ran unquantized experts in
/// Triton; which library it was is not recorded beside the table.
void read_layers(CsvTable& table, const TimedModel& model, std::string_view stem, RowSink& sink) {
  if (stem != "moe") return;
  const std::size_t tokens = table.column("tokens");
  const std::size_t hit = table.column("activated_experts");
  const std::size_t time = table.column("time_us");
  const auto* mlp = std::get_if<MoeMlp>(&model.spec->layers.front().mlp);
  if (mlp == nullptr) table.fail(fmt::format("model `{}` has no routed experts", model.spec->name));
  const std::string base = moe_base("bfloat16", "power_law_1.01");
  const std::uint32_t variant = sink.variant(base + "/layer_triton", base, Precision::bf16);
  std::map<double, std::map<double, double>> seconds;  // by tokens, by experts
  while (table.next()) {
    if (!seconds[table.positive(tokens)].emplace(table.positive(hit), table.positive(time) * 1e-6).second) {
      table.fail("repeats the `tokens` and `activated_experts` of a row before it");
    }
  }
  for (const auto& [count, by_hits] : seconds) {
    MoeWork work{count, real(model.spec->hidden), real(mlp->inner), real(mlp->top_k), real(mlp->experts)};
    work.tensor_ranks = model.layout.tp;
    Sample s;
    s.axis = moe_axes(work);
    s.seconds = at_hits(by_hits, moe_hit_experts(work, kEvenness));
    s.variant = variant;
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
  static const Family kFamily = with_layers(
      {{kernel_family("moe")}, "MoE experts", "moe_perf", kRegions, read, kGrowing, {}, {}, {}, true}, read_layers);
  return kFamily;
}

}  // namespace cleave::fit
