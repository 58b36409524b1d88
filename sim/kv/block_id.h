#pragma once
// The name of one block of a replica's KV memory.

#include "models/units/units.h"

namespace cleave {

using BlockId = Id<struct BlockTag>;

}  // namespace cleave
