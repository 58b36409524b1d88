#pragma once

namespace cleave {

/// Whether counts that must agree are taken again at every step, not only at the end of a run. A property of the build:
/// the presets `dev` and `asan` say yes.
#ifdef CLEAVE_CHECKED
inline constexpr bool kCheckedBuild = true;
#else
inline constexpr bool kCheckedBuild = false;
#endif

}  // namespace cleave
