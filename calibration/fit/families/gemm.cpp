// Matrix products: tables `gemm_perf`, and layers of engines.

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "calibration/fit/families/families.h"

namespace cleave::fit {
namespace {

enum Axis : std::size_t { kM, kN, kK, kElementBytes, kInTurn };

/// The loop of the public tables goes through this many layers (aiconfigurator, collector/vllm/collect_gemm.py).
constexpr double kLayersInTurn = 6;

std::uint64_t matrix(const Sample& s) {
  return mixed_key({s.axis[kN], s.axis[kK]});
}

struct Format {
  std::string_view dtype;
  Precision precision;
  double bytes;
};

/// Rows of other formats than `formats` belong to another family.
void read_formats(CsvTable& table, RowSink& sink, std::span<const Format> formats) {
  const std::size_t source = table.column("kernel_source");
  const std::size_t dtype = table.column("gemm_dtype");
  const std::array<std::size_t, 3> shape{table.column("m"), table.column("n"), table.column("k")};
  const std::size_t latency = table.column("latency");
  const auto cache = table.find("cache");  // "cold": flushed between launches
  while (table.next()) {
    Sample sample;
    for (std::size_t i = 0; i < shape.size(); ++i) sample.axis[i] = table.positive(shape[i]);
    sample.seconds = table.positive(latency) * 1e-3;
    for (const Format& format : formats) {
      if (table.text(dtype) != format.dtype) continue;
      sample.axis[kElementBytes] = format.bytes;
      sample.axis[kInTurn] = cache && table.text(*cache) == "cold" ? 0 : kLayersInTurn;
      const std::string name = fmt::format("{}/{}", format.dtype, table.text(source));
      sample.variant = sink.variant(name, format.dtype, format.precision);
      sink.add(sample, table);
    }
  }
}

void read_bf16(CsvTable& table, RowSink& sink) {
  static constexpr std::array<Format, 1> kFormats{{{"bfloat16", Precision::bf16, 2}}};
  read_formats(table, sink, kFormats);
}

void read_fp8(CsvTable& table, RowSink& sink) {
  static constexpr std::array<Format, 2> kFormats{{{"fp8", Precision::fp8, 1}, {"fp8_block", Precision::fp8, 1}}};
  read_formats(table, sink, kFormats);
}

void read_fp4(CsvTable& table, RowSink& sink) {
  static constexpr std::array<Format, 1> kFormats{{{"nvfp4", Precision::fp4, 0.5625}}};
  read_formats(table, sink, kFormats);
}

/// Layers of an engine whose time is that of one product.
struct ProductLayer {
  std::string_view layer;
  std::string_view product;  // of LayerWork::dense
};
constexpr std::array<ProductLayer, 4> kProductLayers{
    {{"qkv_proj", "qkv"}, {"o_proj", "o"}, {"gate_up_proj", "gate_up"}, {"down_proj", "down"}}};

/// Result: nullopt for a layer that is no product, or several.
std::optional<MatMul> product_of(std::string_view layer, const TimedModel& model, const LayerWork& work) {
  if (layer == "lm_head") return head_matmul(*model.spec, model.layout);
  const auto known = std::find_if(kProductLayers.begin(), kProductLayers.end(),
                                  [&](const ProductLayer& each) { return each.layer == layer; });
  if (known == kProductLayers.end()) return std::nullopt;
  const auto matrix = std::find_if(work.dense.begin(), work.dense.end(),
                                   [&](const MatMul& each) { return each.name == known->product; });
  return matrix == work.dense.end() ? std::nullopt : std::optional(*matrix);
}

void read_layers(CsvTable& table, const TimedModel& model, std::string_view stem, RowSink& sink) {
  if (stem != "dense" && stem != "per_sequence") return;
  const std::size_t layer = table.column("layer");
  const std::size_t rows = table.column(stem == "dense" ? "tokens" : "sequences");
  const std::size_t time = table.column("time_us");
  const LayerWork work = model.layer();
  while (table.next()) {
    const double seconds = table.positive(time) * 1e-6;
    const double m = table.positive(rows);
    const auto product = product_of(table.text(layer), model, work);
    if (!product) continue;
    Sample sample;
    sample.axis = {m, static_cast<double>(product->outputs), static_cast<double>(product->inputs), 2, 0};
    sample.seconds = seconds;
    // The same kernel, but timed with the gap before it: 5 % longer than in a loop of products (rows of both on one
    // GPU).
    sample.variant = sink.variant("bfloat16/layer", "bfloat16", Precision::bf16);
    sink.add(sample, table);
  }
}

constexpr std::array<std::size_t, 3> kGrowing{kM, kN, kK};

constexpr std::array<Region, 4> kBf16Regions{{
    {"on the grid", RegionKind::random, 0, nullptr, 5, 15},
    {"unseen shape", RegionKind::group, 0, matrix, 5, 15},
    {"beyond in m", RegionKind::beyond, kM, nullptr, 8, 22},
    {"unseen device", RegionKind::device, 0, nullptr, 15, 0},
}};
constexpr std::array<Region, 4> kFp8Regions{{
    {"on the grid", RegionKind::random, 0, nullptr, 8, 30},
    {"unseen shape", RegionKind::group, 0, matrix, 6, 20},
    {"beyond in m", RegionKind::beyond, kM, nullptr, 15, 40},
    {"unseen device", RegionKind::device, 0, nullptr, 0, 0},
}};
constexpr std::array<Region, 4> kFp4Regions{{
    {"on the grid", RegionKind::random, 0, nullptr, 0, 0},
    {"unseen shape", RegionKind::group, 0, matrix, 0, 0},
    {"beyond in m", RegionKind::beyond, kM, nullptr, 0, 0},
    {"unseen device", RegionKind::device, 0, nullptr, 0, 0},
}};

}  // namespace

const Family& gemm_bf16_family() {
  static const Family kFamily = with_layers(
      {{kernel_family("gemm_bf16")}, "GEMM BF16", "gemm_perf", kBf16Regions, read_bf16, kGrowing}, read_layers);
  return kFamily;
}

const Family& gemm_fp8_family() {
  static const Family kFamily{
      {kernel_family("gemm_fp8")}, "GEMM FP8", "gemm_perf", kFp8Regions, read_fp8, kGrowing, {}, {}};
  return kFamily;
}

const Family& gemm_fp4_family() {
  static const Family kFamily{
      {kernel_family("gemm_fp4")}, "GEMM FP4", "gemm_perf", kFp4Regions, read_fp4, kGrowing, {}, {}};
  return kFamily;
}

}  // namespace cleave::fit
