// The indexer of sparse attention against measurements, and in the price of a step.

#include "models/cost/forms/index_scan.h"

#include <catch2/catch.hpp>

#include "models/cost/operation_price.h"
#include "models/cost/operations.h"
#include "tests/unit/models/specs.h"

namespace cleave {
namespace {

constexpr double kHeads = 64;
constexpr double kWidth = 128;
constexpr double kEntryBytes = 132;  // 128 in FP8 and a scale

/// H800: H100's arithmetic and memory. Only those two rates are used.
constexpr DeviceRates kH800{1979e12, 3.35e12, 132, 5e7, 200e9};

double seconds(double pairs, double bytes) {
  return index_scan_seconds(2 * kHeads * kWidth * pairs, bytes, kH800, index_scan::kPublished);
}

}  // namespace

TEST_CASE("index scans on H800 come within a fifth of the measured ones") {
  // Source: InferSim, bench_data of DeepSeek-V3.2's logits on H800, Apache-2.0. Microseconds.
  for (const auto& [context, measured] :
       {std::pair{1024.0, 9.108}, {4096.0, 20.916}, {16384.0, 61.446}, {65536.0, 205.456}, {131072.0, 394.036}}) {
    const double visible = 64 * context;  // sequences
    CAPTURE(context);
    CHECK(seconds(visible, visible * kEntryBytes) * 1e6 == Approx(measured).epsilon(0.2));
  }
  // 2048 new tokens, the last ones of a context.
  for (const auto& [context, measured] : {std::pair{8192.0, 217.052}, {32768.0, 912.646}, {131072.0, 3746.0}}) {
    const double pairs = 2048 * (context - 1024);
    CAPTURE(context);
    CHECK(seconds(pairs, context * kEntryBytes) * 1e6 == Approx(measured).epsilon(0.2));
  }
}

TEST_CASE("a longer scan never takes less time") {
  double before = 0;
  for (double context = 1; context < 1e7; context *= 3) {
    const double now = seconds(context, context * kEntryBytes);
    CHECK(now > before);
    before = now;
  }
}

TEST_CASE("the scan of a sparse model is priced in eight bits, and its confidence is derived") {
  const LlmSpec& model = catalogue().llm("deepseek-v3.2");
  const DeviceSpec& device = catalogue().device("h100-sxm");
  const ReplicaLayout layout{8, 1, Dtype::fp8, Dtype::fp8};
  const KernelTables none;
  const OperationPricer pricer(device, none);
  std::size_t scans = 0;
  for (const Operation& operation : prefill_scans(model, layout, {1, 8192, 65536, 8192})) {
    if (operation.name != "index scan") continue;
    ++scans;
    const OperationPrice price = pricer.price(operation);
    CHECK(price.confidence == Confidence::derived);
    const double peak = device.compute.fp8->peak.value.value();
    const double share = flops_of(operation) / (price.seconds * peak);
    CHECK(share == Approx(0.59).epsilon(0.02));
  }
  CHECK(scans > 0);
}

}  // namespace cleave
