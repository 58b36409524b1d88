#pragma once
// FlashInfer's FlashAttention-2 kernels on paged KV: how they divide scans over thread blocks, and how long that takes.
// Their tensor cores compute in 16 bits, so 8-bit KV is widened in registers: what bounds a scan is elements of KV, not
// their bytes. Source: flashinfer-ai/flashinfer, include/flashinfer/attention/{scheduler,prefill}.cuh; issues 1024 and
// 1753 (no gain by 8-bit KV).

#include "models/cost/forms/attention.h"
#include "models/hardware/device.h"

namespace cleave {

/// How a decode scan is divided. Contexts are cut into chunks so that all thread blocks run at once; where sequences
/// times KV heads are more than fit, contexts stay whole, and the longest one ends the scan.
struct ScanPlan {
  double longest = 0;  // tokens of the longest thread block
  double share = 0;    // tokens that each of the places for thread blocks passes, all being equally busy
  double waves = 1;    // thread blocks of one place, one after the other
};
/// Source: PrefillSplitQOKVIndptr, which also plans decodes on tensor cores: two blocks a multiprocessor, chunks of 128
/// tokens at least. The number of chunks is taken from the contexts' sum: half a chunk a sequence is lost to rounding.
[[nodiscard]] ScanPlan plan_scan(const DecodeWork& work, double multiprocessors);

/// Seconds of one scan. Shape: `work.longest` is the longest context; 0: all are equal. Errors: none; the device has
/// `flashinfer_fa2` and multiprocessors.
[[nodiscard]] double fa2_decode_seconds(const DecodeWork& work, const DeviceSpec& device);

/// Seconds of prompts' attention: visible pairs at the rate of the multiprocessors, slower where KV is in 8 bits.
[[nodiscard]] double fa2_prefill_seconds(const PrefillWork& work, const DeviceSpec& device);

/// The least sure of the figures that these rest on.
[[nodiscard]] Confidence fa2_confidence(const DeviceSpec& device);

}  // namespace cleave
