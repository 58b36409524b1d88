#pragma once

#include <optional>
#include <string_view>

#include "models/units/units.h"

namespace cleave {

/// "2023-11-16 18:15:46.6805900", with up to nine digits of a second and perhaps "Z", "+00:00" or "-08:00" after them:
/// nanoseconds since 1970, in the zone of the text where none is given. nullopt for anything else, 1970 to 2200.
[[nodiscard]] std::optional<Duration> wall_clock(std::string_view text);

}  // namespace cleave
