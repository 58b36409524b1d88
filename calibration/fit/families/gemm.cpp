// Matrix products: tables `gemm_perf`.

#include <fmt/format.h>

#include "calibration/fit/families/families.h"
#include "models/cost/forms/gemm.h"

namespace cleave::fit {
namespace {

enum Axis : std::size_t { kM, kN, kK, kInputBytes };
constexpr std::array<std::string_view, 4> kAxes{"m", "n", "k", "input_bytes"};

GemmWork work(const Sample& s) {
  const double bytes = s.axis[kInputBytes];
  return {s.axis[kM], s.axis[kN], s.axis[kK], bytes, bytes, 2};
}

double core(const Sample& s, const DeviceRates& device, Coefficients c) {
  return gemm_seconds(work(s), device, c);
}

double quantised_core(const Sample& s, const DeviceRates& device, Coefficients c) {
  return quantised_gemm_seconds(work(s), device, c);
}

double flops(const Sample& s) {
  return gemm_flops(work(s));
}

double bytes(const Sample& s) {
  return gemm_bytes(work(s));
}

std::uint64_t matrix(const Sample& s) {
  return mixed_key({s.axis[kN], s.axis[kK]});
}

Coordinates coordinates(const Sample& s, const DeviceRates&) {
  return {
      {std::log2(s.axis[kM]), std::log2(s.axis[kN]), std::log2(s.axis[kK]), std::fmod(s.axis[kM], 8) == 0 ? 0.0 : 1.0},
      4};
}

/// Block-scaled kernels pad rows to a multiple of four.
Coordinates quantised_coordinates(const Sample& s, const DeviceRates& device) {
  Coordinates place = coordinates(s, device);
  place.at[3] = std::fmod(s.axis[kM], 4) == 0 ? 0 : 2;
  return place;
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
  while (table.next()) {
    Sample sample;
    for (std::size_t i = 0; i < shape.size(); ++i) sample.axis[i] = table.positive(shape[i]);
    sample.seconds = table.positive(latency) * 1e-3;
    for (const Format& format : formats) {
      if (table.text(dtype) != format.dtype) continue;
      sample.axis[kInputBytes] = format.bytes;
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

}  // namespace

const Family& gemm_bf16_family() {
  static constexpr Family kFamily{"gemm_bf16",  "GEMM BF16", "gemm_perf", kAxes, gemm::kCoefficients,
                                  kBf16Regions, read_bf16,   core,        flops, bytes,
                                  coordinates,  kGrowing,    {},          false, {}};
  return kFamily;
}

const Family& gemm_fp8_family() {
  static constexpr Family kFamily{
      "gemm_fp8", "GEMM FP8",     "gemm_perf", kAxes, quantised_gemm::kCoefficients, kFp8Regions,
      read_fp8,   quantised_core, flops,       bytes, quantised_coordinates,         kGrowing,
      {},         false,          {}};
  return kFamily;
}

}  // namespace cleave::fit
