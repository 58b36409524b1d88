#pragma once
// The time of one operation, by the best source that the device has.

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "models/cost/engine_kernels.h"
#include "models/cost/fitted/kernel_table.h"
#include "models/cost/operation.h"
#include "models/hardware/device.h"

namespace cleave {

/// What a price rests on, best first. The first four are those of KernelSource.
enum class PriceSource : std::uint8_t {
  measured,
  fitted,
  extrapolated,
  transferred,
  generic,   // the device's overall efficiencies: a roofline
  overhead,  // what a step takes beside its operations
};
inline constexpr std::size_t kPriceSources = 6;
[[nodiscard]] std::string_view to_string(PriceSource source);

struct OperationPrice {
  double seconds = 0;  // of one execution
  PriceSource source = PriceSource::generic;
  double error = 0;  // mean relative error on rows held out of the fit; 0: not known
  Confidence confidence = Confidence::assumed;
};

/// Fitted kernels by family, for one device.
using KernelTables = std::map<std::string, KernelTable, std::less<>>;

/// Reads every `<family>.json` of `folder` for use on `device`; families without a file are left out, as are families
/// of whole steps. Errors: ConfigError as KernelTable::load.
[[nodiscard]] KernelTables load_kernel_tables(const std::filesystem::path& folder, const DeviceSpec& device);

/// The kernel of routed experts in this format, of this library. Result: nullptr if the tables have none.
[[nodiscard]] const KernelFit* experts_fit(const KernelTables& tables, Dtype weights, MoeBackend backend);

class OperationPricer {
 public:
  /// Borrows device and tables.
  OperationPricer(const DeviceSpec& device, const KernelTables& tables, EngineKernels kernels = {})
      : device_(device), tables_(tables), kernels_(kernels) {}

  /// Errors: none. A few microseconds; allocates nothing lasting.
  [[nodiscard]] OperationPrice price(const Operation& operation) const;

  /// By the device's overall efficiencies alone.
  [[nodiscard]] OperationPrice generic_price(const Operation& operation) const;

 private:
  [[nodiscard]] const KernelFit* fit_for(const Operation& operation, const KernelAxes& axes) const;
  [[nodiscard]] const KernelFit* serving(std::string_view family, std::string_view base) const;
  [[nodiscard]] const KernelFit* serving(std::string_view family, std::string_view base, const KernelAxes& axes) const;

  [[nodiscard]] std::optional<OperationPrice> chosen_price(const Operation& operation) const;
  [[nodiscard]] OperationPrice fused_price(const CollectiveWork& work) const;
  [[nodiscard]] OperationPrice joint_price(const DecodeWork& work, Dtype kv) const;
  [[nodiscard]] OperationPrice staged_price(const CollectiveWork& work) const;

  const DeviceSpec& device_;
  const KernelTables& tables_;
  EngineKernels kernels_;
};

}  // namespace cleave
