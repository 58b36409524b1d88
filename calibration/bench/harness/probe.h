#pragma once
// What a probe is: a grid, and one function that measures a point of it.

#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "calibration/bench/harness/grid.h"
#include "calibration/bench/harness/statistics.h"
#include "calibration/bench/harness/stopping.h"

namespace cleave::bench {

/// How the caches stood before each timed launch: flushed, or holding the data of the launch before.
enum class Cache { cold, warm };
/// What was timed: launches inside one graph, launches on a stream, or the host's own work.
enum class Timed { graph, stream, host };

/// Times are of one launch, in milliseconds.
struct Measurement {
  MedianEstimate latency;
  std::size_t repeats = 0;
  /// Launches behind each repeat; a repeat's time is their mean.
  int launches = 1;
  Cache cache = Cache::cold;
  Timed timed = Timed::graph;
  /// After the point; absent where the machine does not tell.
  std::optional<double> clock_mhz = std::nullopt;
  std::optional<bool> throttled = std::nullopt;
};

/// Why a point cannot be measured here: too little memory, no such kernel. It is recorded and not tried again.
struct Skipped {
  std::string reason;
};
using Outcome = std::variant<Measurement, Skipped>;

/// Largest deviation of a kernel's output from its reference, beside what rounding explains.
struct CheckResult {
  std::string what;
  double error = 0;
  double tolerance = 0;
  /// False for NaN too.
  [[nodiscard]] bool passed() const { return error <= tolerance; }
};

/// Known without a device.
struct ProbeSpec {
  std::string name;
  /// Stem of the CSV file.
  std::string table;
  std::string summary;
  Grid grid;
  StoppingRule rule;
};

struct Probe {
  ProbeSpec spec;
  std::function<Outcome(const Point&, const StoppingRule&)> measure;
  /// Compares the probe's own kernels with a reference. Empty where the kernels are not ours.
  std::function<std::vector<CheckResult>()> check;
};

}  // namespace cleave::bench
