#pragma once
// Kinds of kernels that have measured tables: which numbers tell one kernel from another, which form prices it, and
// where what the form leaves over varies. Calibration fits these; a simulator prices with the same functions.

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "models/cost/forms/attention.h"
#include "models/cost/forms/collective.h"
#include "models/cost/forms/form.h"
#include "models/cost/forms/gemm.h"
#include "models/cost/forms/moe.h"

namespace cleave {

inline constexpr std::size_t kMaxKernelAxes = 10;
/// The numbers that tell one kernel of a family from another, in the order of KernelFamily::axes; the rest is zero.
using KernelAxes = std::array<double, kMaxKernelAxes>;

inline constexpr std::size_t kMaxPlaceSize = 10;
/// Where a kernel lies among those of its family: `size` numbers, scaled so that distances are alike in all directions.
struct Place {
  std::array<double, kMaxPlaceSize> at{};
  std::size_t size = 0;
};

/// How scattered values are interpolated: local kriging with an exponential covariance.
struct Smoothing {
  std::size_t neighbours = 24;
  double range = 4;    // distance over which values forget each other
  double noise = 0.1;  // variance of a measurement, of the field's variance
};

/// Some coordinates of a place, one bit each, the lowest for the first.
using Coordinates = std::uint16_t;

/// All text is static.
struct KernelFamily {
  std::string_view name;  // "gemm_bf16"; coefficient files are called after it
  std::span<const std::string_view> axes;
  std::span<const Coefficient> coefficients;
  double (*seconds)(const KernelAxes&, const DeviceRates&, Coefficients);
  double (*flops)(const KernelAxes&);
  double (*bytes)(const KernelAxes&);
  Place (*place)(const KernelAxes&, const DeviceRates&);
  Smoothing smoothing{};
  /// Parts of what is left over depend on these coordinates alone: what so many rows do with a width of outputs, say,
  /// whatever the length of the sums.
  std::span<const Coordinates> parts{};
  bool over_link = false;  // `bytes` cross the link between devices, not the memory
  /// Axes that a model and its split fix; the others grow with a batch. Empty where nothing asks for them.
  std::span<const std::size_t> shape{};
};

/// Every family, in the order of reports.
[[nodiscard]] std::span<const KernelFamily> kernel_families();
/// Errors: std::out_of_range for a name that no family has: a bug of the caller.
[[nodiscard]] const KernelFamily& kernel_family(std::string_view name);

/// The axes of a kernel's work, family by family.
[[nodiscard]] KernelAxes gemm_axes(const GemmWork& work);                  // gemm_bf16, gemm_fp8, gemm_fp4
[[nodiscard]] KernelAxes prefill_attention_axes(const PrefillWork& work);  // prefill_attention
[[nodiscard]] KernelAxes decode_attention_axes(const DecodeWork& work);    // decode_attention
/// joint_attention. The longest context is none of them: the form alone knows what that makes of equal ones.
[[nodiscard]] KernelAxes joint_attention_axes(const DecodeWork& work, double tile);
[[nodiscard]] KernelAxes moe_axes(const MoeWork& work);                // moe
[[nodiscard]] KernelAxes collective_axes(const CollectiveWork& work);  // custom_all_reduce, nccl
[[nodiscard]] KernelAxes transfer_axes(double bytes);                  // kv_transfer

}  // namespace cleave
