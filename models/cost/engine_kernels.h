#pragma once
// What an engine runs on a device where a deployment has a choice: other kernels, other graphs, another way between
// accelerators than those that the device's tables measured.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace cleave {

struct DeviceSpec;

/// tables: those that the device's tables measured, its engine's default. flashinfer_fa2: FlashInfer's FlashAttention-2
/// kernels, vLLM's choice on Blackwell when TensorRT-LLM's are turned off (use_trtllm_attention=0).
enum class AttentionBackend : std::uint8_t { tables, flashinfer_fa2 };

/// The library of routed experts, as vLLM's --moe-backend names it. tables: of each number format the one that the
/// device's tables measured most, its engine's default. vLLM ran unquantized experts in Triton before it put
/// FlashInfer's kernels first (_get_priority_backends of fused_moe/oracle/unquantized.py; VLLM_USE_FLASHINFER_MOE_FP16
/// before that).
enum class MoeBackend : std::uint8_t { tables, triton, flashinfer_cutlass, flashinfer_trtllm };

/// How a step's decodes and prompts attend. joint: in one call of the kernel (vLLM V1's FlashAttention backend). apart:
/// each with a kernel of its own (FlashInfer, TensorRT-LLM, vLLM V0).
enum class MixedAttention : std::uint8_t { joint, apart };

/// Which steps run from captured graphs. full_and_piecewise: decodes as a whole, steps with prompts but for attention.
/// full_decode_only: steps with prompts are launched kernel by kernel. none: all are.
/// Source: CUDAGraphMode of vllm/config/compilation.py.
enum class GraphMode : std::uint8_t { full_and_piecewise, full_decode_only, none };

/// How accelerators without links of their own exchange data. direct: over the bus into each other's memory. host:
/// through buffers in the host's memory. It depends on driver, firmware and topology: NCCL's default is the host
/// wherever two accelerators meet only at a processor (by default no peer access beyond PXB; on AMD, up to two
/// accelerators excepted). Source: ncclTopoCheckP2p of nccl/src/graph/paths.cc.
enum class PeerAccess : std::uint8_t { direct, host };

struct EngineKernels {
  AttentionBackend attention = AttentionBackend::tables;
  GraphMode graphs = GraphMode::full_and_piecewise;
  PeerAccess peers = PeerAccess::direct;
  MixedAttention mixed = MixedAttention::joint;
  MoeBackend experts = MoeBackend::tables;
  bool fused_reduce = false;  // all-reduce and the norm behind it are one kernel: each rank reads all others' buffers

  friend bool operator==(const EngineKernels&, const EngineKernels&) = default;
  [[nodiscard]] bool captures_prompts() const { return graphs == GraphMode::full_and_piecewise; }
  [[nodiscard]] bool captures_decodes() const { return graphs != GraphMode::none; }
};

/// The word for it in the names of kernels; empty for `tables`.
[[nodiscard]] std::string_view library_of(MoeBackend backend);

/// Why this device has no such attention kernels, or no such way to its peers: what its entry lacks.
[[nodiscard]] std::optional<std::string> attention_problem(AttentionBackend backend, const DeviceSpec& device);
[[nodiscard]] std::optional<std::string> peer_problem(PeerAccess peers, const DeviceSpec& device);
[[nodiscard]] std::optional<std::string> fusion_problem(bool fused_reduce, const DeviceSpec& device);

/// Bytes up to which so many ranks reduce in the fused kernel; 0: never.
/// Source: FI_ALLREDUCE_FUSION_MAX_SIZE_MB of vLLM, compute capability 10.0 (pull request 24248).
[[nodiscard]] double fused_reduce_limit(double ranks);

}  // namespace cleave
