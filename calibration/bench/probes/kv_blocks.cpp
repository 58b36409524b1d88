#include "calibration/bench/kernels/kv_blocks.h"

#include "calibration/bench/probes/pages.h"
#include "calibration/bench/probes/probes.h"
#include "calibration/bench/probes/reference.h"

namespace cleave::bench {
namespace {

using bf16 = __nv_bfloat16;

struct Buffers {
  const bf16* in;
  const unsigned char* in8;
  bf16* out;
  unsigned char* out8;
  float* scales;
};

Buffers take(Bench& bench, const std::string& op, std::size_t values, std::size_t blocks) {
  Buffers b{};
  b.scales = bench.scratch().take<float>(blocks);
  if (op == "dequantise") {
    b.in8 = bench.values8().take<unsigned char>(values * blocks);
  } else {
    b.in = bench.values().take<bf16>(values * blocks);
  }
  if (op == "quantise") {
    b.out8 = bench.scratch().take<unsigned char>(values * blocks);
  } else {
    b.out = bench.scratch().take<bf16>(values * blocks);
  }
  return b;
}

void launch(const std::string& op, const Buffers& b, const int* order, std::size_t values, int blocks,
            cudaStream_t stream) {
  if (op == "gather") return launch_gather(b.in, b.out, order, values * sizeof(bf16), blocks, stream);
  if (op == "scatter") return launch_scatter(b.in, b.out, order, values * sizeof(bf16), blocks, stream);
  if (op == "quantise") return launch_quantise(b.in, b.out8, b.scales, values, blocks, stream);
  launch_dequantise(b.in8, b.scales, b.out, values, blocks, stream);
}

}  // namespace

Outcome measure_kv_blocks(const Point& point, const StoppingRule& rule, Bench& bench) {
  const std::size_t values = point.size("block_bytes") / sizeof(bf16);
  const std::size_t blocks = point.size("blocks");
  const std::string& op = point.text("op_name");
  const int* order = bench.upload(shuffled_pages(blocks));
  Work work;
  work.copies = Bench::copies(op == "dequantise" ? bench.values8() : bench.scratch(), values * blocks * 2 + blocks * 4);
  std::vector<Buffers> copies;
  for (int i = 0; i < work.copies; ++i) copies.push_back(take(bench, op, values, blocks));
  work.launch = [&](int copy, cudaStream_t stream) {
    launch(op, copies[static_cast<std::size_t>(copy)], order, values, static_cast<int>(blocks), stream);
  };
  return bench.time(work, rule);
}

std::vector<CheckResult> check_kv_blocks(Bench& bench) {
  constexpr std::size_t kValues = 2056;  // no multiple of a thread block's stride
  constexpr std::size_t kBlocks = 5;
  const std::vector<int> pages = shuffled_pages(kBlocks);
  const int* order = bench.upload(pages);
  const Buffers b = take(bench, "gather", kValues, kBlocks);
  const std::vector<float> in = download(b.in, kValues * kBlocks);
  std::vector<float> gathered(in.size());
  std::vector<float> scattered(in.size());
  for (std::size_t i = 0; i < in.size(); ++i) {
    const std::size_t far = static_cast<std::size_t>(pages[i / kValues]) * kValues + i % kValues;
    gathered[i] = in[far];
    scattered[far] = in[i];
  }
  std::vector<CheckResult> results;
  launch("gather", b, order, kValues, kBlocks, bench.stream());
  results.push_back(compare("gather", download(b.out, in.size()), gathered, 0));
  launch("scatter", b, order, kValues, kBlocks, bench.stream());
  results.push_back(compare("scatter", download(b.out, in.size()), scattered, 0));
  Buffers codec = take(bench, "quantise", kValues, kBlocks);
  launch("quantise", codec, order, kValues, kBlocks, bench.stream());
  launch_dequantise(codec.out8, codec.scales, b.out, kValues, kBlocks, bench.stream());
  // Three bits of mantissa: half a step of 1/8.
  results.push_back(compare("quantise and back", download(b.out, in.size()), download(codec.in, in.size()), 0.07));
  return results;
}

}  // namespace cleave::bench
