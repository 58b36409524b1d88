#pragma once
// What a class of requests is promised.

#include <optional>

#include "models/units/units.h"
#include "sim/metrics/records.h"

namespace cleave {

/// Limits of one request; those not given always hold.
struct SloLimits {
  std::optional<Duration> ttft;
  std::optional<Duration> tpot;
  std::optional<Duration> e2e;

  [[nodiscard]] bool any() const { return ttft || tpot || e2e; }
};

/// Whether a request met its SLO: it completed, within every limit that is given and defined for it (TPOT is not below
/// two tokens). One whose client left is judged by what came until then, and met nothing without a first token. Exact:
/// no rounding takes part.
[[nodiscard]] bool meets(const SloLimits& limits, const RequestRecord& record);

}  // namespace cleave
