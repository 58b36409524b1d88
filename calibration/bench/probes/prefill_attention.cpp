#include <algorithm>
#include <cmath>

#include "calibration/bench/device/cudnn.h"
#include "calibration/bench/kernels/attention.h"
#include "calibration/bench/probes/probes.h"
#include "calibration/bench/probes/reference.h"

namespace cleave::bench {
namespace {

std::size_t query_elements(const PrefillAttention& w) {
  return static_cast<std::size_t>(w.batch) * static_cast<std::size_t>(w.isl) * static_cast<std::size_t>(w.heads) *
         kHeadDim;
}

std::size_t kv_elements(const PrefillAttention& w) {
  return static_cast<std::size_t>(w.batch) * static_cast<std::size_t>(w.prefix + w.isl) *
         static_cast<std::size_t>(w.kv_heads) * kHeadDim;
}

/// `work` with memory of its own.
PrefillAttention with_buffers(PrefillAttention work, Bench& bench) {
  work.q = bench.values().take<__nv_bfloat16>(query_elements(work));
  work.k = bench.values().take<__nv_bfloat16>(kv_elements(work));
  work.v = bench.values().take<__nv_bfloat16>(kv_elements(work));
  work.out = bench.scratch().take<__nv_bfloat16>(query_elements(work));
  return work;
}

std::vector<float> reference(const PrefillAttention& w) {
  const std::vector<float> q = download(w.q, query_elements(w));
  const std::vector<float> k = download(w.k, kv_elements(w));
  const std::vector<float> v = download(w.v, kv_elements(w));
  const auto size = [](int value) { return static_cast<std::size_t>(value); };
  std::vector<float> expected;
  for (std::size_t row = 0; row < query_elements(w) / kHeadDim; ++row) {
    const std::size_t head = row % size(w.heads);
    const std::size_t token = row / size(w.heads) % size(w.isl);
    const std::size_t sequence = row / size(w.heads) / size(w.isl);
    const std::size_t count = size(w.prefix) + token + 1;
    std::vector<float> keys;
    std::vector<float> values;
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t at =
          ((sequence * size(w.prefix + w.isl) + i) * size(w.kv_heads) + head / size(w.heads / w.kv_heads)) * kHeadDim;
      const auto from = static_cast<std::ptrdiff_t>(at);
      keys.insert(keys.end(), k.begin() + from, k.begin() + from + kHeadDim);
      values.insert(values.end(), v.begin() + from, v.begin() + from + kHeadDim);
    }
    const std::vector<float> out = reference_attention(&q[row * kHeadDim], keys, values, count, kHeadDim, kHeadDim,
                                                       1.0F / std::sqrt(static_cast<float>(kHeadDim)));
    expected.insert(expected.end(), out.begin(), out.end());
  }
  return expected;
}

CheckResult check(PrefillAttention shape, Bench& bench) {
  bench.reset();
  const PrefillAttention work = with_buffers(shape, bench);
  launch_prefill_attention(work, bench.stream());
  return compare("prompt " + std::to_string(work.isl) + " behind " + std::to_string(work.prefix),
                 download(work.out, query_elements(work)), reference(work), 0.02);
}

/// cuDNN's kernel on one shape, or why there is none.
CheckResult check_cudnn_kernel(PrefillAttention shape, Bench& bench) {
  bench.reset();
  const std::string what = "cuDNN, prompt " + std::to_string(shape.isl) + " behind " + std::to_string(shape.prefix);
  try {
    const PrefillAttention work = with_buffers(shape, bench);
    const CudnnPrefill kernel(shape);
    kernel.launch(work, bench.scratch().take<char>(kernel.workspace_bytes() + 1), bench.stream());
    return compare(what, download(work.out, query_elements(work)), reference(work), 0.02);
  } catch (const Unsupported& reason) {
    return {what + ", skipped: " + reason.what(), 0, 0};
  }
}

Outcome measure_cudnn(const PrefillAttention& shape, const std::vector<PrefillAttention>& copies,
                      const StoppingRule& rule, Bench& bench) {
  const CudnnPrefill kernel(shape);
  void* workspace = bench.scratch().take<char>(kernel.workspace_bytes() + 1);
  Work work;
  work.copies = static_cast<int>(copies.size());
  work.launch = [&](int copy, cudaStream_t stream) {
    kernel.launch(copies[static_cast<std::size_t>(copy)], workspace, stream);
  };
  return bench.time(work, rule);
}

PrefillAttention shape_of(int batch, int isl, int prefix, int heads, int kv_heads) {
  PrefillAttention work;
  work.batch = batch;
  work.isl = isl;
  work.prefix = prefix;
  work.heads = heads;
  work.kv_heads = kv_heads;
  return work;
}

}  // namespace

Outcome measure_prefill_attention(const Point& point, const StoppingRule& rule, Bench& bench) {
  const PrefillAttention shape = shape_of(point.integer("batch_size"), point.integer("isl"), point.integer("step"),
                                          point.integer("num_heads"), point.integer("num_key_value_heads"));
  Work work;
  work.copies = std::min(Bench::copies(bench.values(), (query_elements(shape) + 2 * kv_elements(shape)) * 2),
                         Bench::copies(bench.scratch(), query_elements(shape) * 2));
  std::vector<PrefillAttention> copies;
  for (int i = 0; i < work.copies; ++i) copies.push_back(with_buffers(shape, bench));
  if (point.text("kernel_source") == "cudnn") return measure_cudnn(shape, copies, rule, bench);
  work.launch = [&](int copy, cudaStream_t stream) {
    launch_prefill_attention(copies[static_cast<std::size_t>(copy)], stream);
  };
  return bench.time(work, rule);
}

std::vector<CheckResult> check_prefill_attention(Bench& bench) {
  return {check(shape_of(1, 1, 0, 8, 8), bench),
          check(shape_of(2, 65, 0, 8, 2), bench),
          check(shape_of(1, 100, 37, 8, 1), bench),
          check(shape_of(1, 200, 256, 4, 4), bench),
          check_cudnn_kernel(shape_of(2, 128, 0, 8, 2), bench),
          check_cudnn_kernel(shape_of(1, 128, 128, 8, 8), bench)};
}

}  // namespace cleave::bench
