#include "models/cost/pipeline.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace cleave {
namespace {

/// A part of a batch that moves through the stages together.
struct Part {
  std::vector<PrefillChunk> prompts;
  std::int64_t tokens = 0;  // of prompts

  void add(const PrefillChunk& chunk) {
    prompts.push_back(chunk);
    tokens += chunk.tokens.value();
  }
};

/// Whole prompts, each to the part with fewest tokens so far.
std::vector<Part> whole_prompts(const BatchShape& batch, std::int64_t parts) {
  std::vector<Part> out(static_cast<std::size_t>(parts));
  for (const PrefillChunk& chunk : batch.prefills) {
    const auto fewest = std::min_element(out.begin(), out.end(), [](auto& a, auto& b) { return a.tokens < b.tokens; });
    fewest->add(chunk);
  }
  return out;
}

/// Prompts in parts of kPipelineChunk tokens.
std::vector<Part> cut_prompts(const BatchShape& batch) {
  std::vector<Part> out;
  for (const PrefillChunk& chunk : batch.prefills) {
    for (std::int64_t at = 0; at < chunk.tokens.value(); at += kPipelineChunk) {
      const std::int64_t tokens = std::min(kPipelineChunk, chunk.tokens.value() - at);
      out.emplace_back().add({Tokens{tokens}, chunk.context + Tokens{at}});
    }
  }
  return out;
}

class Pipelined final : public ExplainedCost {
 public:
  Pipelined(std::unique_ptr<ExplainedCost> whole, const ReplicaLayout& layout)
      : whole_(std::move(whole)), stages_(layout.pp), chunked_(layout.chunked_pipeline) {}

  Duration step(const BatchShape& batch) const override {
    const std::vector<Part> parts = parts_of(batch);
    Duration longest{};
    Duration sum{};
    for (std::size_t i = 0; i < parts.size(); ++i) {
      const Duration pass = whole_->step(shape(parts, i, batch));
      longest = std::max(longest, pass);
      sum += pass;
    }
    return round(batch, longest, sum);
  }

  void decode_steps(std::int64_t decodes, Tokens context, std::span<Duration> out) const override {
    decode_stretch({{}, decodes, context}, out);
  }

  void decode_stretch(const BatchShape& first, std::span<Duration> out) const override {
    if (first.decodes == 0) {
      for (Duration& duration : out) duration = Duration{};
      return;
    }
    BatchShape now = first;
    const auto count = static_cast<double>(first.decodes);
    for (Duration& duration : out) {
      const auto parts = static_cast<std::size_t>(std::min(stages_, now.decodes));
      duration = whole_->step(even_share({}, now, parts));
      // (c + 1)^2 = c^2 + 2 c + 1, for each sequence.
      if (first.decode_context_squares > 0) {
        now.decode_context_squares += 2 * static_cast<double>(now.decode_context.value()) + count;
      }
      now.decode_context += Tokens{now.decodes};
    }
  }

  StepBreakdown explain(const BatchShape& batch) const override {
    const std::vector<Part> parts = parts_of(batch);
    if (parts.empty()) return {};
    BatchShape longest;
    for (std::size_t i = 0; i < parts.size(); ++i) {
      const BatchShape candidate = shape(parts, i, batch);
      if (whole_->step(candidate) > whole_->step(longest)) longest = candidate;
    }
    StepBreakdown out = whole_->explain(longest);
    const double rest = to_seconds(step(batch) - whole_->step(longest));
    if (rest != 0) {
      out.rows.push_back({"other parts in the pipeline", "overhead", "", static_cast<double>(parts.size() - 1), 0, 0, 0,
                          rest, PriceSource::overhead, 0, Confidence::derived});
    }
    return out;
  }

 private:
  [[nodiscard]] bool is_cut(const BatchShape& batch) const { return chunked_ && !batch.prefills.empty(); }

  [[nodiscard]] std::vector<Part> parts_of(const BatchShape& batch) const {
    if (is_cut(batch)) return cut_prompts(batch);
    const auto sequences = static_cast<std::int64_t>(batch.prefills.size()) + batch.decodes;
    return whole_prompts(batch, std::min(stages_, sequences));
  }

  /// A part with an even share of the decodes, rounded up.
  [[nodiscard]] static BatchShape even_share(const Part& part, const BatchShape& batch, std::size_t parts) {
    const auto count = static_cast<std::int64_t>(parts);
    BatchShape out = batch;
    out.prefills = part.prompts;
    out.decodes = (batch.decodes + count - 1) / count;
    out.decode_context = Tokens{(batch.decode_context.value() + count - 1) / count};
    out.decode_context_squares = batch.decode_context_squares / static_cast<double>(count);
    return out;
  }

  /// What passes the stages with part `index`: where prompts are cut, decodes stay together, with the first.
  [[nodiscard]] BatchShape shape(const std::vector<Part>& parts, std::size_t index, const BatchShape& batch) const {
    if (!is_cut(batch)) return even_share(parts[index], batch, parts.size());
    BatchShape out = index == 0 ? batch : BatchShape{};
    out.prefills = parts[index].prompts;
    out.scheduled_ahead = batch.scheduled_ahead;
    return out;
  }

  [[nodiscard]] Duration round(const BatchShape& batch, Duration longest, Duration sum) const {
    return is_cut(batch) ? (sum + longest * (stages_ - 1)) / stages_ : longest;
  }

  std::unique_ptr<ExplainedCost> whole_;
  std::int64_t stages_;
  bool chunked_;
};

}  // namespace

std::unique_ptr<ExplainedCost> make_pipelined(std::unique_ptr<ExplainedCost> whole, const ReplicaLayout& layout) {
  if (layout.pp == 1) return whole;
  return std::make_unique<Pipelined>(std::move(whole), layout);
}

}  // namespace cleave
