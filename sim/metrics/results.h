#pragma once
// What a run's requests amount to: overall and by class, in the measured window and over the whole run.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "models/units/units.h"
#include "sim/metrics/distribution.h"
#include "sim/metrics/slo.h"
#include "sim/metrics/tally.h"

namespace cleave {

/// The requests that arrived within [from, last arrival]. Rates divide by the time from the first of them (or from
/// `from`, when that is later) until the last of their tokens or arrivals.
struct Window {
  TimePoint from;
  TimePoint last_arrival;
  TimePoint end;
  [[nodiscard]] double seconds() const { return to_seconds(end - from); }
};

/// Means over completed requests, in seconds.
struct StageMeans {
  double queue = 0;
  double prefill = 0;
  double handoff = 0;
  double decode = 0;
};

/// One group of requests. Latencies are of completed requests; ratios and rates count all that were offered. What is
/// not defined (a mean of nothing) is absent.
struct GroupResults {
  Tally tally;
  std::optional<Distribution> ttft;
  std::optional<Distribution> tpot;
  std::optional<Distribution> itl;  // pooled over all gaps; percentiles within Histogram::kRelativeError
  std::optional<Distribution> e2e;
  std::optional<Distribution> queue;
  std::optional<StageMeans> stages;
  std::optional<double> slo_attainment;  // met / offered
  std::optional<double> kv_hit_ratio;    // cached / all prompt tokens of the requests that reached a batch
  std::optional<double> goodput;         // requests a second that meet their SLO
  std::optional<double> request_throughput;
  std::optional<double> output_tokens_per_second;
  std::optional<double> offered_rate;  // arrivals a second, over the time in which they arrived
};

struct ClassResults {
  std::string name;
  SloLimits slo;
  GroupResults measured;
  GroupResults whole;
};

struct RunResults {
  Duration warm_up{};
  Window measured_window;
  Window whole_window;
  GroupResults measured;
  GroupResults whole;
  std::vector<ClassResults> classes;
};

}  // namespace cleave
