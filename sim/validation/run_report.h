#pragma once
// What a comparison of a measured run with its simulation found. Plain data, told from process to process as JSON.

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace cleave {

/// One quantity, measured and simulated. `error` is (simulated - measured) / measured, or, for shares, the difference
/// in points of 1.
struct Comparison {
  std::string name;
  std::string unit;
  double measured = 0;
  double simulated = 0;
  bool in_points = false;
  std::optional<double> limit;  // on the absolute error; absent: reported only
  std::optional<double> goal;

  [[nodiscard]] double error() const;
  [[nodiscard]] bool within_limit() const;
};

/// Errors of single requests, relative: what means hide.
struct ErrorSpread {
  std::string name;
  std::size_t count = 0;
  double p5 = 0;
  double p25 = 0;
  double p50 = 0;
  double p75 = 0;
  double p95 = 0;
  double mean_absolute = 0;
};

/// A quantity second by second.
struct SeriesComparison {
  std::string name;
  std::vector<double> measured;
  std::vector<double> simulated;
  double error = 0;  // mean absolute, of the measured peak
  std::optional<double> limit;
};

enum class ReportStatus : std::uint8_t { compared, skipped, failed };

struct RunReport {
  std::string run;
  ReportStatus status = ReportStatus::compared;
  std::string why;                                         // it was skipped or failed
  std::vector<std::pair<std::string, std::string>> facts;  // what was run, and what was derived
  std::vector<Comparison> comparisons;
  std::vector<ErrorSpread> spreads;
  std::vector<SeriesComparison> series;
  std::vector<std::string> reasons;  // why rows are outside, as far as it can be told
};

void to_json(nlohmann::ordered_json& json, const RunReport& report);
void from_json(const nlohmann::ordered_json& json, RunReport& report);

/// Errors of `simulated` against `measured`, pair by pair; pairs whose measured value is zero are left out.
/// Errors: nullopt when no pair is left.
[[nodiscard]] std::optional<ErrorSpread> spread_of(std::string name, const std::vector<double>& measured,
                                                   const std::vector<double>& simulated);

/// Mean, p50, p90, p95 and p99 of both, as "TTFT mean" and so on; limits apply to the mean.
void compare_distributions(RunReport& report, const std::string& name, const std::vector<double>& measured,
                           const std::vector<double>& simulated, std::optional<double> limit,
                           std::optional<double> goal);

/// Adds a series where the measured one is anything but zero.
void compare_series(RunReport& report, std::string name, std::vector<double> measured, std::vector<double> simulated,
                    std::optional<double> limit);

}  // namespace cleave
