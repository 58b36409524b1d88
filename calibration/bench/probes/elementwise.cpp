#include "calibration/bench/kernels/elementwise.h"

#include <algorithm>
#include <cmath>

#include "calibration/bench/probes/pages.h"
#include "calibration/bench/probes/probes.h"
#include "calibration/bench/probes/reference.h"

namespace cleave::bench {
namespace {

using bf16 = __nv_bfloat16;

struct Buffers {
  const bf16* in;
  const bf16* weight;
  bf16* residual;
  bf16* out;
  bf16* cache;
};

Buffers take(Bench& bench, std::size_t tokens, std::size_t width) {
  return {bench.values().take<bf16>(2 * tokens * width), bench.values().take<bf16>(width),
          bench.scratch().take<bf16>(tokens * width), bench.scratch().take<bf16>(tokens * width),
          bench.scratch().take<bf16>(tokens * width)};
}

int kv_width(int width) {
  return std::max(128, width / 4);
}

void launch(const std::string& op, const Buffers& b, const int* slots, int tokens, int width, cudaStream_t stream) {
  if (op == "add_rms_norm") return launch_add_rms_norm(b.in, b.residual, b.weight, b.out, tokens, width, stream);
  if (op == "silu_mul") return launch_silu_mul(b.in, b.out, tokens, width, stream);
  launch_rotary_kv_write(b.in, b.out, b.cache, slots, tokens, width, kv_width(width), stream);
}

std::vector<float> silu_reference(const std::vector<float>& in, std::size_t tokens, std::size_t width) {
  std::vector<float> out;
  for (std::size_t i = 0; i < tokens * width; ++i) {
    const std::size_t at = i / width * 2 * width + i % width;
    out.push_back(in[at] / (1 + std::exp(-in[at])) * in[at + width]);
  }
  return out;
}

std::vector<float> norm_reference(const std::vector<float>& in, const std::vector<float>& weight, std::size_t tokens) {
  const std::size_t width = weight.size();
  std::vector<float> out;
  for (std::size_t row = 0; row < tokens; ++row) {
    float squares = 0;
    for (std::size_t i = 0; i < width; ++i) squares += in[row * width + i] * in[row * width + i];
    const float scale = 1 / std::sqrt(squares / static_cast<float>(width) + 1e-6F);
    for (std::size_t i = 0; i < width; ++i) out.push_back(in[row * width + i] * scale * weight[i]);
  }
  return out;
}

std::vector<float> rotary_reference(const std::vector<float>& in, std::size_t tokens, std::size_t width) {
  std::vector<float> out(tokens * width);
  for (std::size_t i = 0; i < tokens * width; ++i) {
    const std::size_t lane = i % 128;
    const double frequency = std::pow(500000.0, -static_cast<double>(lane % 64) / 64);
    const double angle = static_cast<double>(i / width) * frequency;
    const double other = lane < 64 ? -static_cast<double>(in[i + 64]) : static_cast<double>(in[i - 64]);
    out[i] = static_cast<float>(static_cast<double>(in[i]) * std::cos(angle) + other * std::sin(angle));
  }
  return out;
}

}  // namespace

Outcome measure_elementwise(const Point& point, const StoppingRule& rule, Bench& bench) {
  const int tokens = point.integer("num_tokens");
  const int width = point.integer("width");
  const std::string& op = point.text("op_name");
  const int* slots = bench.upload(shuffled_pages(point.size("num_tokens")));
  const std::size_t bytes = 3 * point.size("num_tokens") * point.size("width") * sizeof(bf16);
  Work work;
  work.copies = Bench::copies(bench.scratch(), bytes);
  std::vector<Buffers> copies;
  for (int i = 0; i < work.copies; ++i) copies.push_back(take(bench, point.size("num_tokens"), point.size("width")));
  work.launch = [&](int copy, cudaStream_t stream) {
    launch(op, copies[static_cast<std::size_t>(copy)], slots, tokens, width, stream);
  };
  return bench.time(work, rule);
}

std::vector<CheckResult> check_elementwise(Bench& bench) {
  constexpr int kTokens = 7;
  constexpr int kWidth = 1024;
  constexpr std::size_t kCount = kTokens * kWidth;
  const int* slots = bench.upload(shuffled_pages(kTokens));
  const Buffers b = take(bench, kTokens, kWidth);
  const std::vector<float> in = download(b.in, 2 * kCount);
  std::vector<CheckResult> results;
  check_cuda(cudaMemsetAsync(b.residual, 0, kCount * sizeof(bf16), bench.stream()), "cudaMemset");
  launch("add_rms_norm", b, slots, kTokens, kWidth, bench.stream());
  results.push_back(
      compare("add_rms_norm", download(b.out, kCount), norm_reference(in, download(b.weight, kWidth), kTokens), 0.01));
  launch("silu_mul", b, slots, kTokens, kWidth, bench.stream());
  results.push_back(compare("silu_mul", download(b.out, kCount), silu_reference(in, kTokens, kWidth), 0.01));
  launch("rotary_kv_write", b, slots, kTokens, kWidth, bench.stream());
  const std::vector<float> rotated = rotary_reference(in, kTokens, kWidth);
  results.push_back(compare("rotary", download(b.out, kCount), rotated, 0.01));
  const std::vector<int> rows = shuffled_pages(kTokens);
  std::vector<float> cached(static_cast<std::size_t>(kTokens * kv_width(kWidth)));
  for (std::size_t i = 0; i < cached.size(); ++i) {
    const auto kv = static_cast<std::size_t>(kv_width(kWidth));
    cached[static_cast<std::size_t>(rows[i / kv]) * kv + i % kv] = rotated[i / kv * kWidth + kWidth - kv + i % kv];
  }
  results.push_back(compare("KV write", download(b.cache, cached.size()), cached, 0.01));
  return results;
}

}  // namespace cleave::bench
