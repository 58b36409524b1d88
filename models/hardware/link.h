#pragma once
// Kinds of network links. Data: models/catalog/links.

#include <string>

#include "models/hardware/sourced.h"
#include "models/units/units.h"

namespace cleave {

struct LinkType {
  std::string name;
  std::string description;
  Sourced<BytesPerSecond> bandwidth;  // raw, per direction
  Sourced<double> efficiency;         // of the raw rate, for large messages
  Sourced<Duration> latency;          // one way, small message
};

}  // namespace cleave
