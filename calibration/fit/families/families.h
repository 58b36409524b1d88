#pragma once
// The table of families, one source file a kind.

#include "calibration/fit/family.h"

namespace cleave::fit {

[[nodiscard]] const Family& gemm_bf16_family();
[[nodiscard]] const Family& gemm_fp8_family();
[[nodiscard]] const Family& gemm_fp4_family();
[[nodiscard]] const Family& prefill_attention_family();
[[nodiscard]] const Family& decode_attention_family();
[[nodiscard]] const Family& joint_attention_family();
[[nodiscard]] const Family& moe_family();
[[nodiscard]] const Family& custom_all_reduce_family();
[[nodiscard]] const Family& nccl_family();
[[nodiscard]] const Family& kv_transfer_family();

}  // namespace cleave::fit
