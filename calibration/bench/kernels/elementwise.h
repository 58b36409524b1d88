#pragma once
// The memory-bound kernels between the products of a layer, fused as serving engines fuse them. bf16.

#include <cuda_bf16.h>
#include <cuda_runtime_api.h>

namespace cleave::bench {

/// residual += x; out = residual / rms(residual) * weight. Shape: [tokens][width], width a multiple of 8.
void launch_add_rms_norm(const __nv_bfloat16* x, __nv_bfloat16* residual, const __nv_bfloat16* weight,
                         __nv_bfloat16* out, int tokens, int width, cudaStream_t stream);

/// Rotates each head of 128 of `x` (halves paired, position = token) into `out`, and copies the last `kv_width` rotated
/// channels of each token into row slots[token] of `cache`. Shape: x, out [tokens][width]; cache [rows][kv_width].
void launch_rotary_kv_write(const __nv_bfloat16* x, __nv_bfloat16* out, __nv_bfloat16* cache, const int* slots,
                            int tokens, int width, int kv_width, cudaStream_t stream);

/// out = silu(gate) * up. Shape: in [tokens][2 width], gate first; out [tokens][width].
void launch_silu_mul(const __nv_bfloat16* in, __nv_bfloat16* out, int tokens, int width, cudaStream_t stream);

}  // namespace cleave::bench
