#pragma once
// A check's result for people and for CI.

#include <array>
#include <string>
#include <vector>

#include "sim/study/check/check.h"

namespace cleave {

[[nodiscard]] std::string check_text(const CheckResult& result, bool colour);
/// For a pull request's comment or a job's summary.
[[nodiscard]] std::string check_markdown(const CheckResult& result);
/// JUnit XML: a test suite a scenario, a test case a metric; worse and inconclusive are failures.
[[nodiscard]] std::string check_junit(const CheckResult& result);
/// Workflow commands of GitHub: an annotation for each metric that does not pass.
[[nodiscard]] std::string check_annotations(const CheckResult& result, const std::string& file);
[[nodiscard]] std::string check_json(const CheckResult& result);

/// How often a metric was given each verdict, over the scenarios of a result.
struct MetricTally {
  std::string metric;
  std::array<std::size_t, 4> counts{};  // by Verdict
  [[nodiscard]] std::size_t of(Verdict verdict) const { return counts[static_cast<std::size_t>(verdict)]; }
};
/// Shape: one entry a metric, in the order of the first scenario.
[[nodiscard]] std::vector<MetricTally> tally(const CheckResult& result);

/// From so many scenarios on, people are shown a tally and what does not pass, not a table each.
inline constexpr std::size_t kManyScenarios = 7;
/// ... and no more lines than this of what does not pass.
inline constexpr std::size_t kMostShown = 40;

/// Better or no worse.
[[nodiscard]] bool passes(const MetricComparison& metric);

/// A side's mean; a dash where it has none.
[[nodiscard]] std::string base_text(const MetricComparison& metric);
[[nodiscard]] std::string head_text(const MetricComparison& metric);

/// Why metrics are inconclusive, each reason once, with the metrics that it holds for.
struct ReasonGroup {
  std::string reason;
  std::vector<std::string> metrics;
  bool all = false;  // that are compared
  /// "a and b", or "all metrics".
  [[nodiscard]] std::string subject() const;
};
[[nodiscard]] std::vector<ReasonGroup> reasons_of(const ScenarioComparison& scenario);

/// "+3.1 % [2.5 %, 3.7 %]", or in the metric's unit where the margin is absolute.
[[nodiscard]] std::string effect_text(const MetricComparison& metric);
[[nodiscard]] std::string margin_text(const GatedMetric& metric);

}  // namespace cleave
