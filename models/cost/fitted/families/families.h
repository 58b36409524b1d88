#pragma once
// The rows of the table of kernel families, one source file a kind.

#include "models/cost/fitted/kernel_family.h"

namespace cleave {

[[nodiscard]] KernelFamily gemm_bf16_kernels();
[[nodiscard]] KernelFamily gemm_fp8_kernels();
[[nodiscard]] KernelFamily gemm_fp4_kernels();
[[nodiscard]] KernelFamily prefill_attention_kernels();
[[nodiscard]] KernelFamily decode_attention_kernels();
[[nodiscard]] KernelFamily joint_attention_kernels();
[[nodiscard]] KernelFamily moe_kernels();
[[nodiscard]] KernelFamily custom_all_reduce_kernels();
[[nodiscard]] KernelFamily nccl_kernels();
[[nodiscard]] KernelFamily kv_transfer_kernels();

}  // namespace cleave
