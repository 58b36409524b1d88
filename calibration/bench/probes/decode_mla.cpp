#include <algorithm>

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
  std::size_t block;

  [[nodiscard]] std::size_t pages() const { return (context + block - 1) / block; }
  [[nodiscard]] std::size_t kv_elements() const { return batch * pages() * block * kLatent; }
};

DecodeMla prepare(const Shape& shape, Bench& bench, int* table) {
  DecodeMla work;
  work.batch = static_cast<int>(shape.batch);
  work.context = static_cast<int>(shape.context);
  work.heads = static_cast<int>(shape.heads);
  work.block = static_cast<int>(shape.block);
  work.pages_per_sequence = static_cast<int>(shape.pages());
  work.splits = decode_splits(work.batch, work.heads / 16, work.context, bench.multiprocessors());
  work.q = bench.values().take<__nv_bfloat16>(shape.batch * shape.heads * kLatent);
  work.latents = bench.values().take<__nv_bfloat16>(shape.kv_elements());
  work.out = bench.scratch().take<__nv_bfloat16>(shape.batch * shape.heads * kLatentValue);
  work.partial = bench.scratch().take<float>(partial_floats(work.batch, work.heads, kLatentValue, work.splits));
  work.table = table;
  return work;
}

CheckResult check(const Shape& shape, Bench& bench) {
  bench.reset();
  const std::vector<int> pages = shuffled_pages(shape.batch * shape.pages());
  const DecodeMla work = prepare(shape, bench, bench.upload(pages));
  launch_decode_mla(work, bench.stream());
  const std::vector<float> q = download(work.q, shape.batch * shape.heads * kLatent);
  const std::vector<float> latents = download(work.latents, shape.kv_elements());
  std::vector<float> expected;
  for (std::size_t row = 0; row < shape.batch * shape.heads; ++row) {
    std::vector<float> keys;
    std::vector<float> values;
    for (std::size_t token = 0; token < shape.context; ++token) {
      const auto page = static_cast<std::size_t>(pages[row / shape.heads * shape.pages() + token / shape.block]);
      const auto from =
          latents.begin() + static_cast<std::ptrdiff_t>((page * shape.block + token % shape.block) * kLatent);
      keys.insert(keys.end(), from, from + kLatent);
      values.insert(values.end(), from, from + kLatentValue);
    }
    // 1/sqrt(192): the head dimension before absorption.
    const std::vector<float> out =
        reference_attention(&q[row * kLatent], keys, values, shape.context, kLatent, kLatentValue, 0.07216878F);
    expected.insert(expected.end(), out.begin(), out.end());
  }
  return compare(std::to_string(shape.heads) + " heads over " + std::to_string(shape.context),
                 download(work.out, expected.size()), expected, 0.02);
}

}  // namespace

Outcome measure_decode_mla(const Point& point, const StoppingRule& rule, Bench& bench) {
  const Shape shape{point.size("batch_size"), point.size("step") + 1, point.size("num_heads"),
                    point.size("block_size")};
  int* table = bench.upload(shuffled_pages(shape.batch * shape.pages()));
  Work work;
  work.copies = Bench::copies(bench.values(), (shape.kv_elements() + shape.batch * shape.heads * kLatent) * 2);
  std::vector<DecodeMla> copies;
  for (int i = 0; i < work.copies; ++i) copies.push_back(prepare(shape, bench, table));
  work.launch = [&](int copy, cudaStream_t stream) {
    launch_decode_mla(copies[static_cast<std::size_t>(copy)], stream);
  };
  return bench.time(work, rule);
}

std::vector<CheckResult> check_decode_mla(Bench& bench) {
  return {check({2, 1, 16, 64}, bench), check({2, 77, 32, 64}, bench), check({1, 2000, 128, 64}, bench)};
}

}  // namespace cleave::bench
