#pragma once
// What one accelerator is: rates, memory, links, overheads, price. Data: models/catalog/hardware.

#include <cstdint>
#include <optional>
#include <string>

#include "models/hardware/sourced.h"
#include "models/units/units.h"

namespace cleave {

/// Matrix multiplication in one number format. Efficiencies are shares of the peak that large products reach: rows of
/// prompts, and rows of decoding (small batches, near the bandwidth knee).
struct GemmRate {
  Sourced<FlopsPerSecond> peak;  // dense
  Sourced<double> prefill_efficiency;
  Sourced<double> decode_efficiency;
};

/// A format that is absent is not computed natively: its weights are expanded to bf16 on the fly.
struct ComputeSpec {
  GemmRate bf16;
  std::optional<GemmRate> fp8;
  std::optional<GemmRate> fp4;
  Sourced<double> attention_efficiency;                   // of the bf16 peak, prefill attention
  std::optional<Sourced<std::uint32_t>> multiprocessors;  // that thread blocks run on, of one accelerator
  // Query rows of a thread block of the attention kernel, where engines' default is FlashAttention 2.
  std::optional<Sourced<std::uint32_t>> query_tile;
  std::optional<Sourced<double>> joint_efficiency;  // its share of the bf16 peak; not given: attention_efficiency
};

struct DeviceMemory {
  Sourced<Bytes> size;
  Sourced<BytesPerSecond> bandwidth;
  Sourced<double> gemm_efficiency;       // of the bandwidth, while weights are read
  Sourced<double> attention_efficiency;  // of the bandwidth, while KV is read
  Sourced<Bytes> runtime_reserve;        // context and library workspaces, never available to KV
  Sourced<Bytes> collective_reserve;     // communication buffers of a replica of more than one accelerator
  std::optional<Sourced<Bytes>> cache;   // last level before the memory
  // Reading there what the kernel before has just written, as a multiple of the memory's rate. Not given: 1.
  std::optional<Sourced<double>> cache_speed;
};

/// Accelerators that reach each other's memory at full speed (NVLink, NeuronLink).
struct ScaleUpSpec {
  Sourced<BytesPerSecond> bandwidth;  // of one accelerator, per direction
  Sourced<double> efficiency;         // of the bandwidth, in an all-reduce
  Sourced<Duration> latency;          // of a small all-reduce
  Sourced<std::uint32_t> domain;      // accelerators in one domain
};

/// Accelerators without links of their own whose peers are reached through the host's memory only.
struct HostStagingSpec {
  Sourced<Duration> hop;      // what the host's memory adds to a hop between peers
  Sourced<double> crossings;  // of the host link by each byte, one after the other
};

/// FlashInfer's FlashAttention-2 kernels. Rates are those of one multiprocessor.
struct FlashInferSpec {
  Sourced<BytesPerSecond> kv8_rate;      // KV in 8 bits that decoding passes; of wider KV it passes as many elements
  Sourced<Duration> block;               // of each thread block, beside the KV that it passes
  Sourced<FlopsPerSecond> prefill_rate;  // of prompts' attention, KV in 16 bits
  Sourced<double> narrow_kv_slowness;    // of prompts, where KV is in 8 bits
};

/// Fixed times that no peak rate explains.
struct StepOverheads {
  Sourced<Duration> operation;  // each kernel of a layer: launch, ramp and tail
  Sourced<Duration> attention;  // the attention kernel of a layer, in place of `operation`
  Sourced<Duration> step;       // each engine step: scheduling, input preparation, sampling
  Sourced<Duration> hop;        // a message between two pipeline stages
  // The host's, where a step is launched kernel by kernel: a product of 4-bit weights, beyond what one of 16 bits
  // takes.
  std::optional<Sourced<Duration>> fp4_launch;
  // A thread block's of a decode scan, beyond tables that read the same KV again and again.
  std::optional<Sourced<Duration>> cold_block;
  // Of the way from scans of contexts that are all as long as their mean to scans that are all as long as the longest:
  // how far scans of uneven contexts are, with the device's own attention kernels.
  std::optional<Sourced<double>> uneven_contexts;
};

/// Weights and KV in on-chip memory, layers spread over devices: models/sram.
struct SramSpec {
  Sourced<BytesPerSecond> effective_bandwidth;  // of one device, while a token passes: far below the memory's own rate
  Sourced<double> buffers;                      // share of the memory for activations and code
  Sourced<Duration> hop;                        // activations from one device to the next
};

struct DevicePrice {
  UsdPerHour value;  // per accelerator
  std::string source;
  Confidence confidence = Confidence::assumed;
  std::string list;  // prices of different lists are never comparable
  std::string date;
};

struct DeviceSpec {
  std::string name;
  std::string description;
  ComputeSpec compute;
  DeviceMemory memory;
  std::optional<SramSpec> sram;
  std::optional<ScaleUpSpec> scale_up;
  std::optional<HostStagingSpec> host_staging;
  std::optional<FlashInferSpec> flashinfer_fa2;
  Sourced<BytesPerSecond> host_link;  // per direction
  Sourced<BytesPerSecond> nic;        // per accelerator and direction
  Sourced<std::uint32_t> devices_per_node;
  Sourced<Watts> power;
  std::optional<DevicePrice> price;
  StepOverheads overheads;
  std::optional<std::string> kernels_of;  // a device of the same design whose measured kernels stand for this one's
};

}  // namespace cleave
