#pragma once
// What a check file says, and what a comparison needs: two sides, repeated with the same seeds, and gated metrics.

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "sim/study/compare/comparison.h"
#include "sim/study/sweep/study.h"

namespace cleave {

/// One side: values set in the scenarios, another program to run them with, or results that were kept.
struct SideParams {
  std::string name;  // in reports
  SettingMap set;
  std::string program;   // a cleave program; empty: this one
  std::string baseline;  // a file written with --write-baseline; then nothing is run
};

struct MetricParams {
  std::string metric;
  Better better = Better::lower;
  std::string margin = "1 %";  // of the base's mean, or an amount: "5 ms", "0.01"
};

struct CheckParams {
  std::string name;
  std::string description;
  std::vector<std::string> scenarios;
  std::vector<std::string> head_scenarios;  // the head's counterparts; none: the same
  SideParams base;
  SideParams head;
  std::uint32_t replicates = 10;
  std::uint64_t first_seed = 1;
  double error = 0.01;                // of each verdict
  std::vector<MetricParams> metrics;  // none: the usual ones
};

/// Reads a check file; paths in it are relative to it and come back relative to nothing.
/// Errors: ConfigError, all mistakes at once.
[[nodiscard]] CheckParams load_check(const std::filesystem::path& path);

/// The usual metrics.
[[nodiscard]] std::vector<MetricParams> default_metrics();

/// Errors: ConfigError for a margin that is neither a share nor an amount.
[[nodiscard]] GatedMetric gated(const MetricParams& params);

/// What one side gave for one scenario: by seed, the summary or the reason why there is none.
struct SideRun {
  std::uint64_t seed = 0;
  std::string summary;  // JSON, at least the gated metrics; empty: failed
  std::string error;
};
using SideRuns = std::vector<SideRun>;

struct ScenarioComparison {
  std::string scenario;
  std::vector<MetricComparison> metrics;
  std::vector<std::string> notes;  // failed or overloaded runs
};

struct CheckResult {
  std::string name;
  std::string base;
  std::string head;
  double error = 0.01;
  std::uint32_t replicates = 0;
  std::vector<ScenarioComparison> scenarios;
  Verdict verdict = Verdict::inconclusive;
};

/// Compares side by side, scenario by scenario, with one family of tests over all of them.
/// Shape: `base` and `head` have one entry a scenario. A metric that is missing or undefined in any run, or a run that
/// failed, makes that metric inconclusive.
[[nodiscard]] CheckResult compare_sides(const CheckParams& check, const std::vector<SideRuns>& base,
                                        const std::vector<SideRuns>& head);

}  // namespace cleave
