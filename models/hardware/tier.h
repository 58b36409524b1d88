#pragma once
// Kinds of memory and storage that hold KV. Data: models/catalog/tiers.

#include <optional>
#include <string>

#include "models/hardware/sourced.h"
#include "models/units/units.h"

namespace cleave {

struct TierSpec {
  std::string name;
  std::string description;
  Sourced<BytesPerSecond> read;
  Sourced<BytesPerSecond> write;
  Sourced<Duration> latency;                       // of one access, before bytes flow
  std::optional<Sourced<Usd>> price_per_gb_month;  // absent: not known, or part of the accelerator's price
  std::optional<Sourced<Usd>> price_per_1000_reads;
  std::optional<Sourced<Usd>> price_per_1000_writes;
};

}  // namespace cleave
