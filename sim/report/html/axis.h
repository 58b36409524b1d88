#pragma once
// Axes: values to positions, and where to put the marks.

#include <string>
#include <vector>

namespace cleave::html {

struct Tick {
  double value = 0;
  std::string label;  // empty: a line only
};

/// Maps [low, high] to [from, to] in user units, linearly or by logarithm.
struct Axis {
  double low = 0;
  double high = 1;
  double from = 0;
  double to = 1;
  bool logarithmic = false;
  std::vector<Tick> ticks;

  /// Values beyond the ends land on them.
  [[nodiscard]] double at(double value) const;
};

/// An axis of durations in seconds that holds both: logarithmic when they differ by more than a factor of 12.
[[nodiscard]] Axis duration_axis(double smallest, double largest);

/// From zero to a round number not below `largest`, with marks at round distances.
[[nodiscard]] Axis count_axis(double largest);

/// 0 ... 1, marked in percent.
[[nodiscard]] Axis percent_axis();

/// Simulated time from zero to `end` seconds, marked at round times.
[[nodiscard]] Axis time_axis(double end);

}  // namespace cleave::html
