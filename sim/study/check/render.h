#pragma once
// A check's result for people and for CI.

#include <string>

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

/// "+3.1 % [2.5 %, 3.7 %]", or in the metric's unit where the margin is absolute.
[[nodiscard]] std::string effect_text(const MetricComparison& metric);
[[nodiscard]] std::string margin_text(const GatedMetric& metric);

}  // namespace cleave
