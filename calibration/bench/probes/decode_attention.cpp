#include <algorithm>
#include <cmath>

#include "calibration/bench/kernels/attention.h"
#include "calibration/bench/probes/pages.h"
#include "calibration/bench/probes/probes.h"
#include "calibration/bench/probes/reference.h"

namespace cleave::bench {
namespace {

struct Shape {
  std::size_t batch;
  std::size_t context;
  std::size_t heads;
  std::size_t kv_heads;
  std::size_t block;

  [[nodiscard]] std::size_t pages() const { return (context + block - 1) / block; }
  [[nodiscard]] std::size_t kv_elements() const { return batch * pages() * block * kv_heads * kHeadDim; }
};

DecodeAttention prepare(const Shape& shape, Bench& bench, int* table) {
  DecodeAttention work;
  work.batch = static_cast<int>(shape.batch);
  work.context = static_cast<int>(shape.context);
  work.heads = static_cast<int>(shape.heads);
  work.kv_heads = static_cast<int>(shape.kv_heads);
  work.block = static_cast<int>(shape.block);
  work.pages_per_sequence = static_cast<int>(shape.pages());
  work.splits = decode_splits(work.batch, work.kv_heads, work.context, bench.multiprocessors());
  const std::size_t queries = shape.batch * shape.heads * kHeadDim;
  work.q = bench.values().take<__nv_bfloat16>(queries);
  work.k = bench.values().take<__nv_bfloat16>(shape.kv_elements());
  work.v = bench.values().take<__nv_bfloat16>(shape.kv_elements());
  work.out = bench.scratch().take<__nv_bfloat16>(queries);
  work.partial = bench.scratch().take<float>(partial_floats(work.batch, work.heads, kHeadDim, work.splits));
  work.table = table;
  return work;
}

CheckResult check(const Shape& shape, Bench& bench) {
  bench.reset();
  const std::vector<int> pages = shuffled_pages(shape.batch * shape.pages());
  const DecodeAttention work = prepare(shape, bench, bench.upload(pages));
  launch_decode_attention(work, bench.stream());
  const std::vector<float> q = download(work.q, shape.batch * shape.heads * kHeadDim);
  const std::vector<float> k = download(work.k, shape.kv_elements());
  const std::vector<float> v = download(work.v, shape.kv_elements());
  std::vector<float> expected;
  for (std::size_t row = 0; row < shape.batch * shape.heads; ++row) {
    const std::size_t kv_head = row % shape.heads / (shape.heads / shape.kv_heads);
    std::vector<float> keys;
    std::vector<float> values;
    for (std::size_t token = 0; token < shape.context; ++token) {
      const auto page = static_cast<std::size_t>(pages[row / shape.heads * shape.pages() + token / shape.block]);
      const std::size_t at = ((page * shape.block + token % shape.block) * shape.kv_heads + kv_head) * kHeadDim;
      const auto from = static_cast<std::ptrdiff_t>(at);
      keys.insert(keys.end(), k.begin() + from, k.begin() + from + kHeadDim);
      values.insert(values.end(), v.begin() + from, v.begin() + from + kHeadDim);
    }
    const std::vector<float> out = reference_attention(&q[row * kHeadDim], keys, values, shape.context, kHeadDim,
                                                       kHeadDim, 1.0F / std::sqrt(static_cast<float>(kHeadDim)));
    expected.insert(expected.end(), out.begin(), out.end());
  }
  const std::string what = std::to_string(shape.batch) + " sequences of " + std::to_string(shape.context) + ", heads " +
                           std::to_string(shape.heads) + "/" + std::to_string(shape.kv_heads);
  return compare(what, download(work.out, expected.size()), expected, 0.02);
}

}  // namespace

Outcome measure_decode_attention(const Point& point, const StoppingRule& rule, Bench& bench) {
  const Shape shape{point.size("batch_size"), point.size("step") + 1, point.size("num_heads"),
                    point.size("num_key_value_heads"), point.size("block_size")};
  int* table = bench.upload(shuffled_pages(shape.batch * shape.pages()));
  Work work;
  work.copies = Bench::copies(bench.values(), (2 * shape.kv_elements() + shape.batch * shape.heads * kHeadDim) * 2);
  std::vector<DecodeAttention> copies;
  for (int i = 0; i < work.copies; ++i) copies.push_back(prepare(shape, bench, table));
  work.launch = [&](int copy, cudaStream_t stream) {
    launch_decode_attention(copies[static_cast<std::size_t>(copy)], stream);
  };
  return bench.time(work, rule);
}

std::vector<CheckResult> check_decode_attention(Bench& bench) {
  // One part and many, whole and broken tiles, each group of heads.
  return {check({2, 1, 32, 8, 16}, bench), check({3, 77, 32, 8, 16}, bench), check({2, 1500, 32, 4, 64}, bench),
          check({1, 4096, 8, 1, 16}, bench), check({2, 333, 4, 4, 64}, bench)};
}

}  // namespace cleave::bench
