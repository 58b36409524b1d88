#pragma once
// A model laid out over devices whose memory is on the chip: which layers each holds, and what is left for KV.

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "models/arch/layout.h"
#include "models/arch/llm_spec.h"
#include "models/hardware/device.h"
#include "models/units/units.h"

namespace cleave {

/// One pipeline stage: layout.tp devices that hold a contiguous group of layers, and their tokens' KV.
struct SramStage {
  double layers = 0;        // of the model
  double weight_bytes = 0;  // the output projection on the last stage included
  double kv_bytes_per_token = 0;
};

struct SramPlan {
  std::vector<SramStage> stages;
  double usable_bytes = 0;        // of one stage: its devices' memory less buffers
  double kv_bytes_per_token = 0;  // of all stages; entries that ranks replicate counted as often
  double state_bytes = 0;         // that a sequence holds whatever its length, on the fullest stage
  std::int64_t kv_tokens = 0;     // that fit the fullest stage, hence all
};

struct SramShortage {
  double weight_bytes = 0;  // of the fullest stage
  double usable_bytes = 0;
  [[nodiscard]] std::string message(const LlmSpec& model, const DeviceSpec& device, const ReplicaLayout& layout) const;
};

/// Layers are dealt out so that the fullest stage keeps most room for KV. All matrices are kept in the weights' format;
/// rows of the embedding table come from the host.
/// Shape: device.sram is given. Errors: none; a shortage is an answer.
/// Source: contiguous layer groups for each wafer, 10 % of the memory for buffers (assumed): the device's entry.
[[nodiscard]] std::variant<SramPlan, SramShortage> plan_sram(const LlmSpec& model, const DeviceSpec& device,
                                                             const ReplicaLayout& layout);

}  // namespace cleave
