#pragma once
// What FlashAttention 2 makes of batches that kernel tables, of equal contexts and one kind of sequence, do not hold.
// Source: vllm-project/flash-attention, csrc/flash_attn: mha_varlen_fwd, run_mha_fwd_splitkv_dispatch,
// num_splits_heuristic. Checked against the attention tables and runs of LLMServingSim (vLLM 0.19):
// docs/calibration.md.

#include <optional>

#include "models/cost/fitted/kernel_table.h"
#include "models/cost/forms/attention.h"
#include "models/hardware/device.h"

namespace cleave {

/// Whether the device's own attention kernel is FlashAttention 2, and its figures suffice for the functions below.
[[nodiscard]] bool has_flash_attention_2(const DeviceSpec& device);

/// Seconds that decodes add to the attention of prompts in one call, by the device's overall efficiencies. Shape: as
/// joint_attention_seconds has it, of keys and values in any format. Errors: none.
[[nodiscard]] double joint_decode_seconds(const DecodeWork& work, const DeviceSpec& device);

/// The same by a fit of family joint_attention. What unequal contexts add is the form's. Errors: none.
[[nodiscard]] KernelPrice joint_decode_price(const DecodeWork& work, const DeviceSpec& device, const KernelFit& fit);

/// Seconds that a scan of decodes takes beyond what tables of the same KV read again and again say: each thread block
/// begins with nothing at hand. 0 for `work.warm`, and where that was not measured: devices without
/// `overheads.cold_block`, KV of 8 bits.
[[nodiscard]] double cold_start_seconds(const DecodeWork& work, const DeviceSpec& device);

/// The least sure of the figures that joint_decode_seconds rests on. Its own constants are derived.
[[nodiscard]] Confidence joint_decode_confidence(const DeviceSpec& device);

/// How many times longer a scan of decodes alone takes because contexts differ. Where sequences times KV heads fill the
/// multiprocessors contexts are not split: each is one thread block, which passes its tokens at a multiprocessor's
/// share of the memory's bandwidth while others run, and at its own pace once they have ended. Shape: as above.
/// Result: nullopt where contexts are split.
[[nodiscard]] std::optional<double> whole_context_stretch(const DecodeWork& work, const DeviceSpec& device);

}  // namespace cleave
