#pragma once
// One kind of operation: how its tables are read, which physical form describes it, where its residual varies, and how
// well a fit must do on regions that were held out.

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string_view>

#include "calibration/fit/layers/layer_table.h"
#include "calibration/fit/sample.h"
#include "calibration/fit/table/csv_table.h"

namespace cleave::fit {

/// Takes the rows of one file. `variant` is looked up or added.
class RowSink {
 public:
  RowSink(Dataset& data, std::uint32_t file) : data_(data), file_(file) {}
  [[nodiscard]] std::uint32_t variant(std::string_view name, std::string_view base, Precision precision);
  void add(Sample sample, const CsvTable& table);

 private:
  Dataset& data_;
  std::uint32_t file_;
};

enum class RegionKind : std::uint8_t {
  random,  // single rows
  group,   // all rows of a shape
  beyond,  // the upper end of an axis, a factor of 2 to 8 beyond what is known
  device,  // a device known from its data sheet alone
  each,    // single rows, one at a time
};

/// A way to hold rows out, and the error that is asked for there (mean absolute percentage, 95th percentile).
struct Region {
  std::string_view name;
  RegionKind kind = RegionKind::random;
  std::size_t axis = 0;                             // of `beyond`
  std::uint64_t (*group)(const Sample&) = nullptr;  // of `group`: equal for rows held out together
  double target_mean = 0;                           // percent; 0: none stated
  double target_p95 = 0;
};

/// Something that a form must obey at a sample's shape, residual aside.
struct Law {
  std::string_view name;
  bool (*holds)(const Sample&, const DeviceRates&, Coefficients) = nullptr;
};

/// A family of kernels with what calibration needs beside its form. All text is static.
struct Family : KernelFamily {
  std::string_view title;  // "GEMM BF16"
  std::string_view file;   // stem of its tables: "gemm_perf"
  std::span<const Region> regions;
  void (*read)(CsvTable& table, RowSink& sink) = nullptr;
  std::span<const std::size_t> growing;  // axes along which time must not fall; repeats along the first are counted
  Law law{};                             // one more, if any
  std::string_view folder{};             // if set, its tables are those of folders of this name, of no one device
  std::string_view group{};              // if set, its targets are for the families of this name together
  /// Kernels of one library for two number formats are more alike than those of two libraries for one format.
  bool libraries_first = false;
  /// Reads a table of an engine's layers, if it has any of this family; `stem` is the file's.
  void (*read_layers)(CsvTable& table, const TimedModel& model, std::string_view stem, RowSink& sink) = nullptr;
};

/// A family that tables of an engine's layers have rows of, too.
[[nodiscard]] inline Family with_layers(Family family, decltype(Family::read_layers) read_layers) {
  family.read_layers = read_layers;
  return family;
}

/// Every family, in the order of reports.
[[nodiscard]] std::span<const Family> families();
/// Result: nullptr for an unknown name.
[[nodiscard]] const Family* find_family(std::string_view name);

/// What a plain roofline says: 3 us + the slower of 0.7 of the peak and 0.8 of the bandwidth.
[[nodiscard]] double roofline_seconds(const Family& family, const Sample& sample, const DeviceRates& device);

/// Mixes numbers into a key; equal numbers give equal keys.
[[nodiscard]] std::uint64_t mixed_key(std::initializer_list<double> numbers);

}  // namespace cleave::fit
