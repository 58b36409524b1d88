#pragma once
// Warp-level pieces shared by our tensor-core kernels: m16n8k16 products in bf16, tiles in shared memory.
// Fragments, with g = lane / 4 and t = lane % 4. A: rows g and g+8, columns 2t and 2t+8 (two each). B: rows (depth) 2t
// and 2t+8, column g. C: rows g and g+8, columns 2t and 2t+1.

#include <cuda_bf16.h>

#include <cstdint>

namespace cleave::bench {

using bf16 = __nv_bfloat16;

__device__ inline std::uint32_t shared_address(const void* pointer) {
  return static_cast<std::uint32_t>(__cvta_generic_to_shared(pointer));
}

/// Copies 16 bytes to shared memory; zeros if `valid` is false.
__device__ inline void copy_async(void* to, const void* from, bool valid) {
  const int bytes = valid ? 16 : 0;
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;\n" ::"r"(shared_address(to)), "l"(from), "r"(bytes));
}
__device__ inline void commit_copies() {
  asm volatile("cp.async.commit_group;\n" ::);
}
/// Until at most `Pending` of the committed groups are under way.
template <int Pending>
__device__ inline void wait_copies() {
  asm volatile("cp.async.wait_group %0;\n" ::"n"(Pending));
}

__device__ inline void load_matrices(std::uint32_t (&r)[4], const bf16* row) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0,%1,%2,%3}, [%4];\n"
               : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
               : "r"(shared_address(row)));
}
__device__ inline void load_matrices_transposed(std::uint32_t (&r)[4], const bf16* row) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0,%1,%2,%3}, [%4];\n"
               : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
               : "r"(shared_address(row)));
}

/// A tile of A (16 x 16) from shared memory; `tile` is its corner, `stride` the elements between its rows.
__device__ inline void load_a(std::uint32_t (&a)[4], const bf16* tile, int stride) {
  const int lane = threadIdx.x % 32;
  load_matrices(a, tile + (lane % 16) * stride + (lane / 16) * 8);
}
/// Two tiles of B (16 deep, 8 wide each) from shared memory that holds B transposed: rows are B's columns.
__device__ inline void load_b_pair(std::uint32_t (&b)[4], const bf16* tile, int stride) {
  const int lane = threadIdx.x % 32;
  const int matrix = lane / 8;
  load_matrices(b, tile + ((matrix / 2) * 8 + lane % 8) * stride + (matrix % 2) * 8);
}
/// The same where shared memory holds B as it is: rows are B's rows.
__device__ inline void load_b_pair_transposed(std::uint32_t (&b)[4], const bf16* tile, int stride) {
  const int lane = threadIdx.x % 32;
  const int matrix = lane / 8;
  load_matrices_transposed(b, tile + ((matrix % 2) * 8 + lane % 8) * stride + (matrix / 2) * 8);
}

/// c += a b
__device__ inline void multiply_add(float (&c)[4], const std::uint32_t (&a)[4], std::uint32_t b0, std::uint32_t b1) {
  asm volatile(
      "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};\n"
      : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
}

__device__ inline std::uint32_t pack(float low, float high) {
  const __nv_bfloat162 pair = __floats2bfloat162_rn(low, high);
  return *reinterpret_cast<const std::uint32_t*>(&pair);
}

}  // namespace cleave::bench
