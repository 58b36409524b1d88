#pragma once
// The attention of timed layers: calls of its kernel with a prompt's chunk, with decodes, or with both.

#include <optional>

#include "calibration/fit/layers/layer_table.h"
#include "calibration/fit/table/csv_table.h"
#include "models/cost/forms/attention.h"

namespace cleave::fit {

/// One call. Tokens; 0 where it has no prompt or no decodes.
struct AttentionCall {
  double chunk = 0;   // new tokens of the prompt
  double prefix = 0;  // of the prompt, before them
  double decodes = 0;
  double context = 0;  // of each decode
  double seconds = 0;
};

/// Reads `attention.csv`, row by row. `table` is borrowed.
class AttentionLayers {
 public:
  /// Errors: ConfigError for a missing column, or a model whose attention is not grouped.
  AttentionLayers(CsvTable& table, const TimedModel& model);
  /// Result: nullopt at the end. Errors: as CsvTable has them; a call without a prompt or decodes.
  [[nodiscard]] std::optional<AttentionCall> next();
  /// Of one rank.
  [[nodiscard]] const AttentionHeads& heads() const { return heads_; }

 private:
  CsvTable& table_;
  AttentionHeads heads_;
  std::size_t chunk_;
  std::size_t prefix_;
  std::size_t decodes_;
  std::size_t context_;
  std::size_t time_;
};

}  // namespace cleave::fit
