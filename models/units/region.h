#pragma once

#include "models/units/units.h"

namespace cleave {

/// A site of its own behind wide-area links. Without regions everything is in region 0.
using RegionId = Id<struct RegionTag>;

}  // namespace cleave
