#pragma once
// The price of one engine step, as a pure function of the batch's shape.

#include <cstdint>
#include <span>

#include "models/units/units.h"

namespace cleave {

/// Part of a prompt computed in one step: `tokens` new ones after `context` that already have KV.
struct PrefillChunk {
  Tokens tokens;
  Tokens context;
};

/// What one step computes.
/// Shape: `prefills` has one entry per sequence that computes prompt tokens, in admission order (borrowed).
/// `decodes` sequences compute `decode_width` tokens each (one, and the drafts that it verifies); `decode_context` sums
/// their context lengths, new tokens included; `decode_context_squares` sums the squares of these.
struct BatchShape {
  std::span<const PrefillChunk> prefills;
  std::int64_t decodes = 0;
  Tokens decode_context;
  std::int64_t decode_width = 1;
  double decode_context_squares = 0;  // 0: not told
  Tokens decode_longest{};            // the longest of the contexts; 0: not told
  bool scheduled_ahead = false;       // formed while the step before it ran: the host's work is hidden
};

/// Prices steps of one replica (one model on one device type with one parallel layout).
class StepCostModel {
 public:
  virtual ~StepCostModel() = default;

  /// Wall time of one step, host overhead included.
  /// Errors: none. Result > 0 unless the batch is empty.
  [[nodiscard]] virtual Duration step(const BatchShape& batch) const = 0;

  /// Prices out.size() consecutive decode-only steps of an unchanged batch: step k has `context + k * decodes`.
  /// out[k] == step({{}, decodes, context + k * decodes}) exactly: a stretch may be priced at once or step by step.
  virtual void decode_steps(std::int64_t decodes, Tokens context, std::span<Duration> out) const = 0;

  /// The same for a batch whose shape is told in full; each context grows by one token a step.
  virtual void decode_stretch(const BatchShape& first, std::span<Duration> out) const {
    decode_steps(first.decodes, first.decode_context, out);
  }
};

}  // namespace cleave
