#pragma once
// Fitted kernels of one family on one device: time = form(coefficients) x exp(residual).

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "models/cost/fitted/kernel_family.h"
#include "models/cost/fitted/residual_field.h"
#include "models/cost/forms/device_rates.h"
#include "models/hardware/device.h"

namespace cleave {

/// What a price rests on.
enum class KernelSource : std::uint8_t {
  measured,      // this shape, or one hardly different from it, was measured on this device
  fitted,        // between measured shapes of this device
  extrapolated,  // outside of what was measured: the form carries on, the residual stays what it was at the side
  transferred,   // measured on another device, scaled by the data sheets
};
[[nodiscard]] std::string_view to_string(KernelSource source);

/// Seconds of one kernel, and how far they may be off: the mean relative error on rows held out of the fit of its kind.
struct KernelPrice {
  double seconds = 0;
  KernelSource source = KernelSource::fitted;
  double error = 0;
};

/// Kernels that are fitted apart: number formats, kernel sources, head widths.
struct KernelVariant {
  std::string name;  // all that tells it apart: "bfloat16/torch.nn.functional.linear"
  std::string base;  // the same without the kernel's source: what another device or shape may also have
  Precision precision = Precision::bf16;

  /// Timed layer by layer while an engine ran, not launch after launch of one kernel.
  [[nodiscard]] bool in_engine() const {
    const std::string_view whole = name;
    return whole.starts_with(base) && whole.substr(base.size()).starts_with(kInEngine);
  }
  static constexpr std::string_view kInEngine = "/layer";  // how such kernels are called after their base
};

/// Mean relative errors on held-out rows; 0 where none could be held out.
struct KernelErrors {
  double on_grid = 0;
  double unseen_shape = 0;
  double beyond = 0;
  double unseen_device = 0;
};

/// What was measured of one shape: all axes of KernelFamily::shape are equal in both.
struct MeasuredBox {
  KernelAxes low{};
  KernelAxes high{};
};

/// One fitted variant on one device.
class KernelFit {
 public:
  /// Shape: `coefficients` in the order of family.coefficients; `low` and `high` bound the measured axes.
  /// `residual` is of logarithms. `rates` are those of the device that is priced. `family` is borrowed (static).
  struct Params {
    KernelVariant variant;
    std::vector<double> coefficients;
    ResidualField residual;
    std::vector<MeasuredBox> shapes{};  // those of kernels that an engine ran
    KernelAxes low{};
    KernelAxes high{};
    std::size_t rows = 0;  // that were fitted
    KernelErrors errors;
    DeviceRates rates;
    bool transferred = false;
  };
  KernelFit(const KernelFamily& family, Params params) : family_(&family), params_(std::move(params)) {}

  /// Errors: none. Allocates nothing; a few microseconds: tabulate what is asked again and again.
  [[nodiscard]] KernelPrice predict(const KernelAxes& axes) const;
  /// Seconds alone, on a device with these rates.
  [[nodiscard]] double seconds(const KernelAxes& axes, const DeviceRates& rates) const;
  /// The form alone.
  [[nodiscard]] double form_seconds(const KernelAxes& axes, const DeviceRates& rates) const {
    return family_->seconds(axes, rates, params_.coefficients);
  }

  /// Whether this very shape was measured, and the batch lies within what was.
  [[nodiscard]] bool has_measured(const KernelAxes& axes) const;

  [[nodiscard]] const KernelFamily& family() const { return *family_; }
  [[nodiscard]] const Params& params() const { return params_; }
  [[nodiscard]] const KernelVariant& variant() const { return params_.variant; }

 private:
  const KernelFamily* family_;
  Params params_;
};

/// A coefficient file.
class KernelTable {
 public:
  KernelTable() = default;  // of nothing
  KernelTable(const KernelFamily& family, std::string device, std::vector<KernelFit> fits)
      : family_(&family), device_(std::move(device)), fits_(std::move(fits)) {}

  /// Reads `hardware/<device>/<family>.json` for use on `device`: another device than the one that was measured is
  /// priced with its own rates, and every price says `transferred`.
  /// Errors: ConfigError "file: reason"; also if `device` lacks what the forms need (multiprocessors, cache).
  [[nodiscard]] static KernelTable load(const std::filesystem::path& file, const DeviceSpec& device);

  /// The fit for a base ("fp8", "bfloat16/d128/w0", "fp8_block/balanced", "vllm_graph", "all_reduce"): of kernels of
  /// that very base the one with most rows; else of those that share most parts of it. Result: nullptr when there is
  /// none of the first part (the number format, the collective). `library`: only kernels with this in their name.
  [[nodiscard]] const KernelFit* serving(std::string_view base, std::string_view library = {}) const;

  /// The fit of kernels of that very base that were timed inside an engine, if they were of this shape, on this device.
  /// Result: nullptr if there is none.
  [[nodiscard]] const KernelFit* timed_in_engine(std::string_view base, const KernelAxes& axes) const;

  [[nodiscard]] const KernelFamily& family() const { return *family_; }
  [[nodiscard]] const std::string& device() const { return device_; }  // that was measured
  [[nodiscard]] const std::vector<KernelFit>& fits() const { return fits_; }

 private:
  const KernelFamily* family_ = nullptr;
  std::string device_;
  std::vector<KernelFit> fits_;
};

/// Base of an attention kernel. `kv` is "bfloat16" or "fp8"; a window of 0 sees everything.
[[nodiscard]] std::string attention_base(std::string_view kv, double width, double window);
/// Base of an experts' kernel: `format` as tables name it ("bfloat16", "fp8_block", "nvfp4"), `load` "balanced",
/// "power_law_1.01" or "power_law_1.2".
[[nodiscard]] std::string moe_base(std::string_view format, std::string_view load);

}  // namespace cleave
