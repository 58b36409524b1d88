// Collectives inside a scale-up domain: tables `custom_allreduce_perf` and `nccl_perf`.

#include <fmt/format.h>

#include "calibration/fit/families/families.h"
#include "models/cost/forms/collective.h"

namespace cleave::fit {
namespace {

enum Axis : std::size_t { kBytes, kRanks, kKind };
std::uint64_t ranks(const Sample& s) {
  return mixed_key({s.axis[kRanks]});
}

double element_bytes(const CsvTable& table, std::string_view dtype) {
  if (dtype == "bfloat16" || dtype == "half" || dtype == "float16") return 2;
  if (dtype == "int8" || dtype == "fp8") return 1;
  if (dtype == "float" || dtype == "float32") return 4;
  table.fail(fmt::format("dtype is \"{}\", not a known format", dtype));
}

struct Columns {
  std::size_t dtype;
  std::size_t ranks;
  std::size_t size;
  std::size_t latency;
};

Sample row(const CsvTable& table, const Columns& at, CollectiveKind kind) {
  Sample s;
  s.axis[kRanks] = table.positive(at.ranks);
  if (s.axis[kRanks] < 2) table.fail("a collective of fewer than 2 ranks");
  s.axis[kBytes] = table.positive(at.size) * element_bytes(table, table.text(at.dtype));
  s.axis[kKind] = static_cast<double>(kind);
  s.seconds = table.positive(at.latency) * 1e-3;
  return s;
}

void read_custom(CsvTable& table, RowSink& sink) {
  const Columns at{table.column("allreduce_dtype"), table.column("num_gpus"), table.column("message_size"),
                   table.column("latency")};
  const std::size_t backend = table.column("backend");
  while (table.next()) {
    Sample s = row(table, at, CollectiveKind::all_reduce);
    s.variant = sink.variant(table.text(backend), table.text(backend), Precision::bf16);
    sink.add(s, table);
  }
}

CollectiveKind kind_of(const CsvTable& table, std::string_view name) {
  if (name == "all_reduce") return CollectiveKind::all_reduce;
  if (name == "all_gather") return CollectiveKind::all_gather;
  if (name == "reduce_scatter") return CollectiveKind::reduce_scatter;
  if (name == "alltoall") return CollectiveKind::all_to_all;
  table.fail(fmt::format("`op_name` is \"{}\", not a known collective", name));
}

void read_nccl(CsvTable& table, RowSink& sink) {
  const Columns at{table.column("nccl_dtype"), table.column("num_gpus"), table.column("message_size"),
                   table.column("latency")};
  const std::size_t op = table.column("op_name");
  while (table.next()) {
    const std::string_view name = table.text(op);
    Sample s = row(table, at, kind_of(table, name));
    s.variant = sink.variant(name, name, Precision::bf16);
    sink.add(s, table);
  }
}

constexpr std::array<std::size_t, 2> kGrowing{kBytes, kRanks};

constexpr std::array<Region, 3> kRegions{{
    {"on the grid", RegionKind::random, 0, nullptr, 10, 25},
    {"unseen rank count", RegionKind::group, 0, ranks, 18, 0},
    {"unseen device", RegionKind::device, 0, nullptr, 0, 0},
}};

}  // namespace

const Family& custom_all_reduce_family() {
  static const Family kFamily{{kernel_family("custom_all_reduce")},
                              "custom all-reduce",
                              "custom_allreduce_perf",
                              kRegions,
                              read_custom,
                              kGrowing,
                              {},
                              {},
                              "collectives"};
  return kFamily;
}

const Family& nccl_family() {
  static const Family kFamily{
      {kernel_family("nccl")}, "NCCL collectives", "nccl_perf", kRegions, read_nccl, kGrowing, {}, {}, "collectives"};
  return kFamily;
}

}  // namespace cleave::fit
