#include "models/sram/sram_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "models/arch/kv_footprint.h"
#include "models/arch/parameters.h"
#include "models/units/real.h"

namespace cleave {
namespace {

/// Layers of each of `stages` stages when the last one holds `spared` fewer than an even share.
std::vector<std::int64_t> deal_layers(std::int64_t layers, std::int64_t stages, std::int64_t spared) {
  const std::int64_t last = std::max<std::int64_t>(1, layers / stages - spared);
  const std::int64_t others = stages - 1;
  std::vector<std::int64_t> dealt;
  for (std::int64_t i = 0; i < others; ++i) {
    dealt.push_back((layers - last) / others + (i < (layers - last) % others ? 1 : 0));
  }
  dealt.push_back(others == 0 ? layers : last);
  return dealt;
}

}  // namespace

std::string SramShortage::message(const LlmSpec& model, const DeviceSpec& device, const ReplicaLayout& layout) const {
  return fmt::format("{} over tp = {}, pp = {} needs {:.1f} GB of weights on one stage of {}, and {:.1f} GB are usable",
                     model.name, layout.tp, layout.pp, weight_bytes * 1e-9, device.name, usable_bytes * 1e-9);
}

std::variant<SramPlan, SramShortage> plan_sram(const LlmSpec& model, const DeviceSpec& device,
                                               const ReplicaLayout& layout) {
  const double element = bytes_per_element(layout.weights);
  const double table = real(model.vocab) * real(model.hidden);
  const double in_layers = parameter_count(model).total - table * (model.tied_embeddings ? 1 : 2);
  const std::int64_t layers = model.layer_count();
  const double of_layer = in_layers * element / real(layers);
  const double head = table * element;

  ReplicaLayout ranks = layout;  // of one stage that holds every layer
  ranks.pp = 1;
  const KvFootprint kv = kv_footprint(model, ranks);
  const double kv_of_layer = kv.growing * layout.tp / real(layers);
  const double state_of_layer = real(kv.constant().value()) * layout.tp / real(layers);

  SramPlan best;
  SramShortage shortage;
  const double usable =
      real(device.memory.size.value.value()) * (1 - device.sram->buffers.value) * static_cast<double>(layout.tp);
  const std::int64_t even = layers / layout.pp;
  for (std::int64_t spared = 0; spared < std::max<std::int64_t>(1, even); ++spared) {
    SramPlan plan;
    plan.usable_bytes = usable;
    double room = usable;
    double fullest = 0;
    double tokens = std::numeric_limits<double>::max();
    for (const std::int64_t count : deal_layers(layers, layout.pp, spared)) {
      SramStage stage{real(count), real(count) * of_layer, real(count) * kv_of_layer};
      if (plan.stages.size() + 1 == layout.pp) stage.weight_bytes += head;
      room = std::min(room, usable - stage.weight_bytes);
      fullest = std::max(fullest, stage.weight_bytes);
      tokens = std::min(tokens, (usable - stage.weight_bytes) / std::max(1e-9, stage.kv_bytes_per_token));
      plan.state_bytes = std::max(plan.state_bytes, real(count) * state_of_layer);
      plan.kv_bytes_per_token += stage.kv_bytes_per_token;
      plan.stages.push_back(stage);
    }
    if (spared == 0) shortage = {fullest, usable};
    if (room <= 0) continue;
    plan.kv_tokens = static_cast<std::int64_t>(tokens);
    if (plan.kv_tokens > best.kv_tokens) best = std::move(plan);
  }
  if (best.kv_tokens <= 0) return shortage;
  return best;
}

}  // namespace cleave
