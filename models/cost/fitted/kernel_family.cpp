#include "models/cost/fitted/kernel_family.h"

#include <algorithm>
#include <stdexcept>
#include <string>

#include "models/cost/fitted/families/families.h"

namespace cleave {

std::span<const KernelFamily> kernel_families() {
  static const std::array<KernelFamily, 10> kFamilies{gemm_bf16_kernels(),
                                                      gemm_fp8_kernels(),
                                                      gemm_fp4_kernels(),
                                                      prefill_attention_kernels(),
                                                      decode_attention_kernels(),
                                                      joint_attention_kernels(),
                                                      moe_kernels(),
                                                      custom_all_reduce_kernels(),
                                                      nccl_kernels(),
                                                      kv_transfer_kernels()};
  return kFamilies;
}

const KernelFamily& kernel_family(std::string_view name) {
  const auto all = kernel_families();
  const auto found = std::find_if(all.begin(), all.end(), [&](const KernelFamily& f) { return f.name == name; });
  if (found == all.end()) throw std::out_of_range("no kernel family " + std::string(name));
  return *found;
}

}  // namespace cleave
