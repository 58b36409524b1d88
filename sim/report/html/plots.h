#pragma once
// The two kinds of drawings of a report.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sim/metrics/distribution.h"

namespace cleave::html {

/// A curve of a distribution plot. `colour` is 0 ... kColours - 1.
struct DistributionSeries {
  std::string name;
  const Distribution* distribution = nullptr;  // borrowed
  int colour = 0;
};

/// A limit that some class promises.
struct LimitMark {
  std::string label;
  double seconds = 0;
};

inline constexpr int kColours = 6;

/// Cumulative distributions over a common axis of durations; p50, p90 and p99 of the first series are marked.
/// Shape: at least one series. `title` is read aloud.
[[nodiscard]] std::string distribution_plot(const std::string& title, const std::vector<DistributionSeries>& series,
                                            const std::vector<LimitMark>& limits);

struct TimePointValue {
  double seconds = 0;
  double value = 0;
};

/// A filled line over simulated time.
struct TimelineSeries {
  std::string name;
  std::vector<TimePointValue> points;  // ascending in time
  int colour = 0;
};

/// Quantities over time, the later series drawn over the earlier. `shaded` are spans of trouble, in seconds.
struct TimelinePlot {
  std::string title;
  std::vector<TimelineSeries> series;
  std::vector<std::pair<double, double>> shaded;
  double end = 0;          // of the run, in seconds
  bool fractions = false;  // values are shares of a whole, drawn in percent
};
[[nodiscard]] std::string timeline_plot(const TimelinePlot& plot);

}  // namespace cleave::html
