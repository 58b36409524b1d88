#include "calibration/bench/device/error.h"
#include "calibration/bench/kernels/attention.h"

namespace cleave::bench {
namespace {

/// A block a row. A part that saw no key has largest = -infinity and weighs nothing.
__global__ void join_kernel(const float* partial, __nv_bfloat16* out, int rows, int width, int splits) {
  const std::size_t row = blockIdx.x;
  const float* pairs = partial + (static_cast<std::size_t>(rows) * width + 2 * row) * splits;
  float largest = -INFINITY;
  for (int s = 0; s < splits; ++s) largest = fmaxf(largest, pairs[2 * s]);
  for (int i = threadIdx.x; i < width; i += blockDim.x) {
    float sum = 0;
    float output = 0;
    for (int s = 0; s < splits; ++s) {
      const float factor = exp2f(pairs[2 * s] - largest);
      sum += factor * pairs[2 * s + 1];
      output += factor * partial[(row * splits + s) * width + i];
    }
    out[row * width + i] = __float2bfloat16(output / sum);
  }
}

}  // namespace

void launch_join_parts(const float* partial, __nv_bfloat16* out, int rows, int width, int splits, cudaStream_t stream) {
  join_kernel<<<static_cast<unsigned>(rows), 128, 0, stream>>>(partial, out, rows, width, splits);
  check_cuda(cudaGetLastError(), "joining parts");
}

}  // namespace cleave::bench
