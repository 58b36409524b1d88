#pragma once
// What the steps of a run were priced by.

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "models/cost/explained_cost.h"

namespace cleave {

/// Shares of step time; each array sums to 1, or is zero where nothing ran.
struct PricedBy {
  std::array<double, kPriceSources> source{};  // by PriceSource
  std::array<double, 4> confidence{};          // by Confidence
  std::uint64_t steps = 0;                     // explained, of the same number of samples
  std::uint64_t extrapolated = 0;              // of those, with over a tenth of the time outside what was measured
};

/// Prices as the model it holds, and keeps some of what it is asked: every first, second, fourth, ... step so that at
/// most kSamples of each kind are kept. A stretch of decode steps counts by its first step, however far it gets.
class PriceTally final : public StepCostModel {
 public:
  static constexpr std::size_t kSamples = 128;

  explicit PriceTally(std::unique_ptr<ExplainedCost> model) : model_(std::move(model)) {}

  Duration step(const BatchShape& batch) const override;
  void decode_steps(std::int64_t decodes, Tokens context, std::span<Duration> out) const override;
  void decode_stretch(const BatchShape& first, std::span<Duration> out) const override;

  /// `busy` is the time of all steps, those of stretches included.
  [[nodiscard]] PricedBy priced_by(Duration busy) const;

 private:
  struct Sample {
    std::vector<PrefillChunk> prefills;
    BatchShape shape;
    double seconds = 0;
  };
  struct Samples {
    std::vector<Sample> kept;
    std::uint64_t asked = 0;
    std::uint64_t stride = 1;
    double seconds = 0;  // of all that was asked

    void offer(const BatchShape& batch, Duration time);
  };
  struct Sums;

  std::unique_ptr<ExplainedCost> model_;
  // Notes of what was asked: they change no price.
  mutable Samples single_;
  mutable Samples stretches_;
};

}  // namespace cleave
