#include <cstdlib>

#include "calibration/bench/probes/probes.h"

namespace cleave::bench {
namespace {

constexpr std::size_t kHostBytes = std::size_t{1} << 30;

/// Page-locked memory, taken on first use and kept: locking it takes longer than every copy.
char* pinned() {
  static char* const memory = [] {
    void* taken = nullptr;
    check_cuda(cudaMallocHost(&taken, kHostBytes), "cudaMallocHost");
    return static_cast<char*>(taken);
  }();
  return memory;
}

/// Where each block begins on both sides.
struct Blocks {
  std::vector<void*> to;
  std::vector<const void*> from;
  std::vector<std::size_t> bytes;
};

/// Scattered and batched blocks lie two block sizes apart, in an order that no two neighbours share.
Blocks lay_out(char* to, char* from, std::size_t block, std::size_t count, bool contiguous) {
  Blocks blocks;
  if (contiguous) return {{to}, {from}, {block * count}};
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t place = (i * 2654435761U) % count;  // a permutation, as counts are powers of two
    blocks.to.push_back(to + 2 * i * block);
    blocks.from.push_back(from + 2 * place * block);
    blocks.bytes.push_back(block);
  }
  return blocks;
}

void copy_batch(const Blocks& blocks, cudaStream_t stream) {
#if CUDART_VERSION >= 13000
  cudaMemcpyAttributes attributes{};
  attributes.srcAccessOrder = cudaMemcpySrcAccessOrderStream;
  std::size_t first = 0;
  const cudaError_t status = cudaMemcpyBatchAsync(blocks.to.data(), blocks.from.data(), blocks.bytes.data(),
                                                  blocks.to.size(), &attributes, &first, 1, stream);
  if (status != cudaSuccess) {
    (void)cudaGetLastError();
    throw Unsupported(std::string("cudaMemcpyBatchAsync: ") + cudaGetErrorString(status));
  }
#else
  (void)blocks;
  (void)stream;
  throw Unsupported("cudaMemcpyBatchAsync needs CUDA 13");
#endif
}

}  // namespace

Outcome measure_copies(const Point& point, const StoppingRule& rule, Bench& bench) {
  const std::size_t block = point.size("block_bytes");
  const std::size_t count = point.size("blocks");
  const std::string& direction = point.text("direction");
  const std::string& layout = point.text("layout");
  const bool contiguous = layout == "contiguous";
  const std::size_t span = block * count * (contiguous ? 1 : 2);
  char* to = direction == "device_to_host" ? pinned() : bench.scratch().take<char>(span);
  char* from = direction == "host_to_device" ? pinned() : bench.values().take<char>(span);
  if (span > kHostBytes && direction != "device_to_device") throw Unsupported("needs more page-locked memory");
  const Blocks blocks = lay_out(to, from, block, count, contiguous);
  Work work;
  work.capture = false;  // what a connector does: calls, not a graph
  work.launch = [&](int, cudaStream_t stream) {
    if (layout == "batched") return copy_batch(blocks, stream);
    for (std::size_t i = 0; i < blocks.to.size(); ++i) {
      check_cuda(cudaMemcpyAsync(blocks.to[i], blocks.from[i], blocks.bytes[i], cudaMemcpyDefault, stream), "copy");
    }
  };
  return bench.time(work, rule);
}

}  // namespace cleave::bench
