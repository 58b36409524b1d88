#include "models/sram/sram_cost.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "models/arch/parameters.h"

namespace cleave {
namespace {

/// What a step's time is made of, in seconds; built once for a replica.
struct Terms {
  double stages = 1;
  double dense = 0;          // reading all weights but experts once, all stages in turn
  double experts = 0;        // reading every expert once
  double missed = 0;         // share of experts that one token misses
  double fullest = 1;        // weights of the fullest stage over the mean stage's
  double hop = 0;            // of all stages
  double collectives = 0;    // of all layers, within stages of several devices
  double kv_token = 0;       // reading one token's KV in all stages
  double host_token = 0;     // reading it from the host
  double prefill_token = 0;  // arithmetic, all stages in turn
  double decode_token = 0;
  double prefill_pair = 0;  // of one (prompt token, earlier token)
  double head = 0;
  double tokens_on_chip = 0;
};

/// Arithmetic of attention between one query token and one earlier one, where nothing is windowed.
double pair_flops(const LlmSpec& model) {
  const Tokens far{1 << 20};
  return attention_flops(model, Tokens{1}, far).value() / static_cast<double>(far.value() + 1);
}

Terms terms_of(const LlmSpec& model, const DeviceSpec& device, const ReplicaLayout& layout, const SramPlan& plan) {
  Terms t;
  const double ranks = layout.tp;
  const double bandwidth = device.sram->effective_bandwidth.value.value() * ranks;
  double weights = 0;
  double fullest = 0;
  for (const SramStage& stage : plan.stages) {
    weights += stage.weight_bytes;
    fullest = std::max(fullest, stage.weight_bytes);
  }
  t.stages = static_cast<double>(plan.stages.size());
  t.fullest = fullest * t.stages / weights;
  double expert_share = 0;
  for (const LayerGroup& group : model.layers) {
    const auto* moe = std::get_if<MoeMlp>(&group.mlp);
    if (moe == nullptr) continue;
    const ParameterCount count = parameter_count(model);
    const double chosen = static_cast<double>(moe->top_k) / static_cast<double>(moe->experts);
    const double table = static_cast<double>(model.vocab * model.hidden);
    const double without_table = count.total - (model.tied_embeddings ? 0 : table);
    expert_share = (without_table - count.active) / (1 - chosen) / without_table;
    t.missed = 1 - chosen;
    break;  // models here have one kind of experts
  }
  t.experts = weights * expert_share / bandwidth;
  t.dense = weights / bandwidth - t.experts;
  t.hop = t.stages * to_seconds(device.sram->hop.value);
  if (layout.tp > 1 && device.scale_up) {
    t.collectives = 2 * static_cast<double>(model.layer_count()) * to_seconds(device.scale_up->latency.value);
  }
  t.kv_token = plan.kv_bytes_per_token / bandwidth;
  t.host_token = plan.kv_bytes_per_token / (device.host_link.value.value() * ranks * t.stages);
  const GemmRate& rate = layout.weights == Dtype::fp8 && device.compute.fp8 ? *device.compute.fp8 : device.compute.bf16;
  const double flops = linear_flops_per_token(model).value();
  const double peak = rate.peak.value.value() * ranks;
  t.prefill_token = flops / (peak * rate.prefill_efficiency.value);
  t.decode_token = flops / (peak * rate.decode_efficiency.value);
  t.head = head_flops(model).value() / (peak * rate.decode_efficiency.value);
  t.prefill_pair =
      pair_flops(model) / (device.compute.bf16.peak.value.value() * ranks * device.compute.attention_efficiency.value);
  t.tokens_on_chip = static_cast<double>(plan.kv_tokens);
  return t;
}

SramStep price(const Terms& t, const BatchShape& batch) {
  const auto users = static_cast<double>(batch.decodes);
  const double decodes = users * static_cast<double>(batch.decode_width);
  const auto context = static_cast<double>(batch.decode_context.value());
  double prompt = 0;
  double pairs = 0;
  double before = 0;
  for (const PrefillChunk& chunk : batch.prefills) {
    const auto tokens = static_cast<double>(chunk.tokens.value());
    const auto earlier = static_cast<double>(chunk.context.value());
    prompt += tokens;
    pairs += visible_pairs(tokens, earlier, std::nullopt);
    before += earlier;
  }
  const double sequences = users + static_cast<double>(batch.prefills.size());
  const double batches = std::max(1.0, std::min(sequences, t.stages));
  const double hit = t.missed > 0 ? 1 - std::pow(t.missed, std::max(1.0, (decodes + prompt) / batches)) : 0.0;
  const double weights = t.dense + t.experts * hit;
  const double shared = prompt * t.prefill_token + pairs * t.prefill_pair + before * t.kv_token;
  const double own = context * t.kv_token + decodes * t.decode_token + (sequences - users + decodes) * t.head;
  SramStep step;
  // A prompt's tokens follow one another, so that all stages work on one prompt.
  step.latency = weights + t.hop + t.collectives + own / batches + shared / t.stages;
  step.busiest = batches * (weights * t.fullest + t.hop + t.collectives) / t.stages + (own + shared) / t.stages;
  step.spilled = std::max(0.0, context - t.tokens_on_chip) * t.host_token;
  return step;
}

class SramCost final : public ExplainedCost {
 public:
  explicit SramCost(const Terms& terms) : terms_(terms) {}

  [[nodiscard]] Duration step(const BatchShape& batch) const override {
    if (batch.prefills.empty() && batch.decodes == 0) return Duration{0};
    return nearest_nanosecond(price(terms_, batch).total());
  }

  void decode_steps(std::int64_t decodes, Tokens context, std::span<Duration> out) const override {
    for (std::size_t k = 0; k < out.size(); ++k) {
      out[k] = step({{}, decodes, context + Tokens{static_cast<std::int64_t>(k) * decodes}});
    }
  }

  void decode_stretch(const BatchShape& first, std::span<Duration> out) const override {
    BatchShape shape = first;
    for (Duration& duration : out) {
      duration = step(shape);
      shape.decode_context += Tokens{first.decodes};
    }
  }

  [[nodiscard]] StepBreakdown explain(const BatchShape& batch) const override {
    StepBreakdown out;
    if (batch.prefills.empty() && batch.decodes == 0) return out;
    const SramStep parts = price(terms_, batch);
    const auto add = [&out](const char* name, double seconds) {
      if (seconds > 0) {
        out.rows.push_back({name, "on-chip", "", 1, 0, 0, 0, seconds, PriceSource::generic, 0, Confidence::assumed});
      }
    };
    add(parts.latency >= parts.busiest ? "a micro-batch through all stages" : "the busiest stage, all micro-batches",
        std::max(parts.latency, parts.busiest));
    add("KV on the host", parts.spilled);
    return out;
  }

 private:
  Terms terms_;
};

}  // namespace

SramStep sram_step(const LlmSpec& model, const DeviceSpec& device, const ReplicaLayout& layout, const SramPlan& plan,
                   const BatchShape& batch) {
  return price(terms_of(model, device, layout, plan), batch);
}

std::unique_ptr<ExplainedCost> make_sram_cost(const LlmSpec& model, const DeviceSpec& device,
                                              const ReplicaLayout& layout, const SramPlan& plan) {
  return std::make_unique<SramCost>(terms_of(model, device, layout, plan));
}

}  // namespace cleave
