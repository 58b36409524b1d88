#pragma once
// How one replica spreads a model over accelerators.

#include <cstdint>

#include "models/arch/dtype.h"

namespace cleave {

/// A replica of tp * pp * cp accelerators: each layer is split over `tp`, the layers over `pp` stages, and the tokens
/// of a prompt over `cp` copies of all that.
struct ReplicaLayout {
  std::uint32_t tp = 1;
  std::uint32_t pp = 1;
  Dtype weights = Dtype::bf16;
  Dtype kv = Dtype::bf16;
  std::uint32_t ep = 1;            // of tp: ranks that hold different experts; tp / ep ranks slice each expert
  std::uint32_t dp_attention = 1;  // of tp: groups that attend to different sequences and split heads among themselves
  std::uint32_t cp = 1;            // context parallelism
  double expert_imbalance = 1;     // tokens of the busiest expert-parallel rank, of the mean

  [[nodiscard]] constexpr std::uint32_t accelerators() const { return tp * pp * cp; }
  /// Ranks over which the heads of one sequence are split.
  [[nodiscard]] constexpr std::uint32_t attention_ranks() const { return tp / dp_attention; }
  /// Ranks over which one expert is sliced.
  [[nodiscard]] constexpr std::uint32_t expert_slices() const { return tp / ep; }
  /// Groups of accelerators that hold the KV of different tokens.
  [[nodiscard]] constexpr std::uint32_t kv_groups() const { return dp_attention * cp; }
};

}  // namespace cleave
