#include "models/cost/engine_kernels.h"

#include <fmt/format.h>

#include <array>

#include "models/hardware/device.h"

namespace cleave {

std::string_view library_of(MoeBackend backend) {
  constexpr std::array<std::string_view, 4> kWords{"", "triton", "flashinfer_cutlass", "flashinfer_trtllm"};
  return kWords[static_cast<std::size_t>(backend)];
}

std::optional<std::string> attention_problem(AttentionBackend backend, const DeviceSpec& device) {
  if (backend == AttentionBackend::tables || device.flashinfer_fa2) return std::nullopt;
  return fmt::format("{} has no figures of FlashInfer's FlashAttention-2 kernels (flashinfer_fa2)", device.name);
}

std::optional<std::string> peer_problem(PeerAccess peers, const DeviceSpec& device) {
  if (peers == PeerAccess::direct) return std::nullopt;
  if (device.scale_up) return fmt::format("{} has links of its own to its peers", device.name);
  if (device.host_staging) return std::nullopt;
  return fmt::format("{} has no figures of exchanges through the host's memory (host_staging)", device.name);
}

std::optional<std::string> fusion_problem(bool fused_reduce, const DeviceSpec& device) {
  if (!fused_reduce || device.scale_up) return std::nullopt;
  return fmt::format("{} has no links of its own to its peers", device.name);
}

double fused_reduce_limit(double ranks) {
  constexpr double kMebibyte = 1 << 20;
  if (ranks == 2) return 64 * kMebibyte;
  if (ranks == 4) return 32 * kMebibyte;
  return ranks == 8 ? kMebibyte : 0;
}

}  // namespace cleave
