#pragma once
// Axes -> points.

#include <string>
#include <vector>

#include "sim/study/sweep/study.h"

namespace cleave {

/// One value of a point. `where` is the place of the value, for diagnostics.
struct Setting {
  std::string path;
  Tree value;
};
using Settings = std::vector<Setting>;  // in the order of the axes, then of the paths

/// The key paths that an axis varies, each once, sorted.
[[nodiscard]] std::vector<std::string> keys_of_axis(const AxisParams& axis);

/// Takes out of an axis what gives no point (an empty list, lists of different length, a range that is none) and tells
/// each as one line that begins with `where`.
void sift_axis(AxisParams& axis, const std::string& where, std::vector<std::string>& problems);

/// The points of one axis. Shape: at least one unless it varies nothing. Deterministic.
[[nodiscard]] std::vector<Settings> points_of(const AxisParams& axis);

/// Every combination of the axes' points, the last axis fastest; one empty point without axes.
[[nodiscard]] std::vector<Settings> cross(const std::vector<AxisParams>& axes);

}  // namespace cleave
