#pragma once
// The committed catalogue, and small specs whose costs can be worked out by hand.

#include "models/arch/llm_spec.h"
#include "models/hardware/device.h"
#include "sim/scenario/catalogue.h"

namespace cleave {

inline const Catalogue& catalogue() {
  static const Catalogue loaded = Catalogue::load(CLEAVE_SOURCE_DIR "/models/catalog");
  return loaded;
}

/// One layer, 8 heads of 128 with 2 KV heads, no gating: every width is a round number.
inline LlmSpec tiny_model() {
  LlmSpec model;
  model.name = "tiny";
  model.hidden = 1024;
  model.vocab = 1000;
  model.layers.push_back({1, GroupedAttention{8, 2, 128, std::nullopt, false}, DenseMlp{4096, false}});
  return model;
}

/// 1 TFLOPS, 1 TB/s, efficiencies of one, no overheads.
inline DeviceSpec ideal_device() {
  const auto number = [](auto value) { return Sourced<decltype(value)>{value, "a test", Confidence::assumed}; };
  DeviceSpec device;
  device.name = "ideal";
  device.compute.bf16 = {number(FlopsPerSecond{1e12}), number(1.0), number(1.0)};
  device.compute.attention_efficiency = number(1.0);
  device.memory.size = number(Bytes{1'000'000'000});
  device.memory.bandwidth = number(BytesPerSecond{1e12});
  device.memory.gemm_efficiency = number(1.0);
  device.memory.attention_efficiency = number(1.0);
  device.host_link = number(BytesPerSecond{1e10});
  device.nic = number(BytesPerSecond{1e9});
  device.devices_per_node = number(std::uint32_t{8});
  return device;
}

}  // namespace cleave
