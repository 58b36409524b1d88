// Hand-offs of KV between two servers: tables of folders `kv_transfer`.

#include "calibration/fit/families/families.h"

namespace cleave::fit {
namespace {

enum Axis : std::size_t { kBytes };
constexpr double kMegabyte = 1e6;

void read(CsvTable& table, RowSink& sink) {
  const std::size_t size = table.column("kv_MB");
  const std::size_t time = table.column("transfer_ms");
  const std::uint32_t variant = sink.variant("transfer", "transfer", Precision::bf16);
  while (table.next()) {
    Sample s;
    s.axis[kBytes] = table.positive(size) * kMegabyte;
    s.seconds = table.positive(time) * 1e-3;
    s.variant = variant;
    sink.add(s, table);
  }
}

constexpr std::array<std::size_t, 1> kGrowing{kBytes};
constexpr std::array<Region, 1> kRegions{{{"on the grid", RegionKind::each, 0, nullptr, 5, 0}}};

}  // namespace

const Family& kv_transfer_family() {
  static const Family kFamily{
      {kernel_family("kv_transfer")}, "KV transfer", "", kRegions, read, kGrowing, {}, "kv_transfer"};
  return kFamily;
}

}  // namespace cleave::fit
