// Which kernels stand in for those that were not measured.

#include <catch2/catch.hpp>

#include <cmath>

#include "calibration/fit/fitted.h"
#include "calibration/fit/transfer.h"
#include "tests/unit/fit/devices.h"

namespace cleave::fit {
namespace {

/// A device with fits of these names, all parts but the last being the base; none has a residual. `first` is their
/// first coefficient; 0: the usual one.
FittedDevice device_with(const Family& family, const std::vector<std::pair<std::string, Precision>>& names,
                         double first = 0) {
  std::vector<KernelFit> fits;
  for (const auto& [name, precision] : names) {
    KernelFit::Params params;
    params.variant = {name, name.substr(0, name.rfind('/')), precision};
    for (const Coefficient& c : family.coefficients) params.coefficients.push_back(c.initial);
    if (first > 0) params.coefficients.front() = first;
    params.rows = 100 - fits.size();
    fits.emplace_back(kernel_family(family.name), std::move(params));
  }
  return {&family,
          "h100_sxm",
          fixture_devices().at("h100-sxm"),
          KernelTable(kernel_family(family.name), "h100-sxm", std::move(fits)),
          {}};
}

std::string served(const FittedDevice& device, const KernelVariant& wanted) {
  const KernelFit* fit = device.serving(wanted);
  return fit == nullptr ? "" : fit->variant().name;
}

TEST_CASE("experts of a format that was not measured are those of the same library") {
  const FittedDevice device =
      device_with(*find_family("moe"), {{"w4a16_mxfp4/balanced/vllm_marlin_marlinexperts", Precision::bf16},
                                        {"w4a8_mxfp4_mxfp8/balanced/vllm_flashinfer_trtllm_modular", Precision::fp8},
                                        {"w4a8_mxfp4_mxfp8/power_law/vllm_flashinfer_trtllm_modular", Precision::fp8}});
  CHECK(served(device, {"w4a16_mxfp4/balanced/vllm_flashinfer_trtllm_monolithic", "w4a16_mxfp4/balanced",
                        Precision::bf16}) == "w4a8_mxfp4_mxfp8/balanced/vllm_flashinfer_trtllm_modular");
  CHECK(served(device, {"w4a16_mxfp4/balanced/vllm_marlin_marlinexperts", "w4a16_mxfp4/balanced", Precision::bf16}) ==
        "w4a16_mxfp4/balanced/vllm_marlin_marlinexperts");
}

TEST_CASE("attention of a library that was not measured is that of the same width and window") {
  const FittedDevice device =
      device_with(*find_family("decode_attention"),
                  {{"bfloat16/d128/w0/vllm_fa3", Precision::bf16}, {"bfloat16/d64/w0/vllm_triton", Precision::bf16}});
  CHECK(served(device, {"bfloat16/d64/w0/vllm_fa3", "bfloat16/d64/w0", Precision::bf16}) ==
        "bfloat16/d64/w0/vllm_triton");
  CHECK(served(device, {"fp8/d64/w0/vllm_fa3", "fp8/d64/w0", Precision::bf16}) == "bfloat16/d64/w0/vllm_triton");
}

TEST_CASE("devices that measured the very kernel speak for it alone, others only where none did") {
  const Family& gemm = *find_family("gemm_bf16");
  const FittedDevice loop = device_with(gemm, {{"bfloat16/loop", Precision::bf16}}, 1e-6);
  const FittedDevice layer = device_with(gemm, {{"bfloat16/layer", Precision::bf16}}, 9e-6);
  const DeviceSpec& target = *fixture_devices().at("b200-sxm");
  Sample sample;
  sample.axis = {16, 1024, 1024, 2, 0};
  const auto by = [&](std::vector<const FittedDevice*> sources, const std::string& name) {
    return Transfer(std::move(sources), target)
        .predict(sample, {name, "bfloat16", Precision::bf16}, Method::form)
        .value();
  };
  const double fast = by({&loop}, "bfloat16/loop");
  const double slow = by({&layer}, "bfloat16/layer");
  REQUIRE(fast < 0.8 * slow);
  CHECK(by({&loop, &layer}, "bfloat16/loop") == Approx(fast));
  CHECK(by({&loop, &layer}, "bfloat16/layer") == Approx(slow));
  CHECK(by({&loop, &layer}, "bfloat16/third") == Approx(std::sqrt(fast * slow)));
}

}  // namespace
TEST_CASE("of one base the kernel of the library that is asked for, else the one measured most") {
  const FittedDevice device =
      device_with(*find_family("moe"), {{"bfloat16/power_law_1.01/vllm_flashinfer_cutlass_experts", Precision::bf16},
                                        {"bfloat16/power_law_1.01/layer_triton", Precision::bf16},
                                        {"fp8_block/power_law_1.01/vllm_fp8moe_flashinfer_trtllm", Precision::fp8}});
  const auto served_by = [&](std::string_view library) {
    const KernelFit* fit = device.table.serving("bfloat16/power_law_1.01", library);
    return fit == nullptr ? "" : fit->variant().name;
  };
  CHECK(served_by("") == "bfloat16/power_law_1.01/vllm_flashinfer_cutlass_experts");
  CHECK(served_by("triton") == "bfloat16/power_law_1.01/layer_triton");
  CHECK(served_by("flashinfer_trtllm").empty());
}

}  // namespace cleave::fit
