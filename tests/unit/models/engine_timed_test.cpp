// Shapes that an engine ran are priced by what was timed there, others by kernels that were timed alone.

#include <catch2/catch.hpp>
#include <filesystem>

#include "models/cost/operation_price.h"
#include "tests/unit/models/specs.h"

namespace cleave {
namespace {

KernelTables tables_of(const char* folder, const DeviceSpec& device) {
  return load_kernel_tables(std::filesystem::path(CLEAVE_SOURCE_DIR "/models/catalog/hardware") / folder, device);
}

struct RtxPro6000 {
  const DeviceSpec& device = catalogue().device("rtx-pro-6000");
  KernelTables tables = tables_of("rtx-pro-6000", device);

  [[nodiscard]] OperationPrice price(const OperationWork& work, OperationKind kind) const {
    return OperationPricer(device, tables).price({kind, "", 1, Dtype::bf16, work});
  }
  [[nodiscard]] double product_us(double m, double n, double k) const {
    return price(GemmWork{m, n, k}, OperationKind::projection).seconds * 1e6;
  }
  [[nodiscard]] double scan_us(double batch, double context, double heads, double kv_heads) const {
    const DecodeWork work{batch, context, {heads, kv_heads, 128, 2, 2, 0}};
    return price(work, OperationKind::decode_attention).seconds * 1e6;
  }
  [[nodiscard]] double prompt_us(double tokens, double prefix) const {
    return price(PrefillWork{1, tokens, prefix, {32, 4, 128, 2, 2, 0}}, OperationKind::prefill_attention).seconds * 1e6;
  }
  /// What kernels timed alone say.
  [[nodiscard]] double alone_us(const char* family, const char* base, const KernelAxes& axes) const {
    return tables.at(family).serving(base)->predict(axes).seconds * 1e6;
  }
};

}  // namespace

// Source: LLMServingSim's tables of Qwen3-32B, tp 2, vLLM 0.19, RTX PRO 6000. Kernels timed alone say 42, 195, 105 and
// 224 us of the first four, and 77 of the fifth.
TEST_CASE("a shape that an engine ran takes what it took there") {
  const RtxPro6000 p;
  CHECK(p.product_us(128, 5120, 5120) == Approx(46.5).epsilon(0.02));
  CHECK(p.product_us(128, 25600, 5120) == Approx(206.2).epsilon(0.02));
  CHECK(p.product_us(128, 5120, 12800) == Approx(110.9).epsilon(0.02));
  CHECK(p.scan_us(128, 1024, 32, 4) == Approx(228.9).epsilon(0.02));
  CHECK(p.scan_us(32, 1024, 32, 4) == Approx(62.0).epsilon(0.04));
  CHECK(p.price(GemmWork{128, 5120, 5120}, OperationKind::projection).source == PriceSource::measured);
}

TEST_CASE("another shape, or a batch beyond what was tried, takes what kernels alone take") {
  const RtxPro6000 p;
  const auto product_alone = [&](double m, double n, double k) {
    return p.alone_us("gemm_bf16", "bfloat16", gemm_axes({m, n, k}));
  };
  CHECK(p.product_us(128, 5120, 6144) == product_alone(128, 5120, 6144));
  CHECK(p.product_us(2048, 5120, 5120) != product_alone(2048, 5120, 5120));
  CHECK(p.product_us(2112, 5120, 5120) == product_alone(2112, 5120, 5120));
  // Heads were timed with up to 256 sequences.
  CHECK(p.product_us(256, 75968, 5120) != product_alone(256, 75968, 5120));
  CHECK(p.product_us(512, 75968, 5120) == product_alone(512, 75968, 5120));
  CHECK(p.prompt_us(2048, 1024) != p.alone_us("prefill_attention", "bfloat16/d128/w0",
                                              prefill_attention_axes({1, 2048, 1024, {32, 4, 128, 2, 2, 0}})));
  CHECK(p.prompt_us(4096, 1024) == p.alone_us("prefill_attention", "bfloat16/d128/w0",
                                              prefill_attention_axes({1, 4096, 1024, {32, 4, 128, 2, 2, 0}})));
  // A scan that was timed alone begins cold on top of that: 8 us for each thread block of a multiprocessor.
  const DecodeWork scan{64, 1024, {48, 8, 128, 2, 2, 0}};
  CHECK(p.scan_us(64, 1024, 48, 8) ==
        Approx(p.alone_us("decode_attention", "bfloat16/d128/w0", decode_attention_axes(scan)) + 64 * 8 / 188.0 * 8));
}

TEST_CASE("what an engine ran on one accelerator says nothing of that shape on another") {
  DeviceSpec other = catalogue().device("rtx-pro-6000");
  other.name = "another";
  const KernelTables tables = tables_of("rtx-pro-6000", other);
  const KernelAxes axes = gemm_axes({128, 5120, 5120});
  CHECK(tables.at("gemm_bf16").timed_in_engine("bfloat16", axes) == nullptr);
  CHECK(RtxPro6000().tables.at("gemm_bf16").timed_in_engine("bfloat16", axes) != nullptr);
  CHECK(RtxPro6000().tables.at("gemm_bf16").timed_in_engine("fp8", axes) == nullptr);
}

}  // namespace cleave
