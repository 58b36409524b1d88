#pragma once
// How one replica spreads a model over accelerators.

#include <cstdint>

#include "models/arch/dtype.h"

namespace cleave {

/// A replica of tp * pp accelerators: each layer is split over `tp`, the layers over `pp` stages.
struct ReplicaLayout {
  std::uint32_t tp = 1;
  std::uint32_t pp = 1;
  Dtype weights = Dtype::bf16;
  Dtype kv = Dtype::bf16;
};

}  // namespace cleave
