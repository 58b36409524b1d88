#pragma once
// How far predictions are from measurements.

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace cleave::fit {

/// Ways to predict, to be compared on the same rows.
enum class Method : std::uint8_t { form_and_residual, form, roofline, interpolation };
inline constexpr std::array kMethods{Method::form_and_residual, Method::form, Method::roofline, Method::interpolation};

/// Absolute percentage errors of one method on some rows.
struct ErrorSummary {
  std::size_t rows = 0;
  double mean = 0;  // percent
  double p95 = 0;
  double bias = 0;  // of the sum of times, percent: what a long run would be off
};

/// A prediction (of form and residual) beside its measurement, for plots. Seconds.
struct PredictedPoint {
  double measured = 0;
  double predicted = 0;
};

/// Predictions gathered for one region.
class ErrorTally {
 public:
  void add(Method method, double predicted, double measured);
  void add(const ErrorTally& other);
  [[nodiscard]] bool empty() const { return columns_[0].errors.empty(); }
  [[nodiscard]] std::array<ErrorSummary, kMethods.size()> summary() const;
  /// At most `count`, spread over all.
  [[nodiscard]] std::vector<PredictedPoint> points(std::size_t count) const;

 private:
  struct Column {
    std::vector<double> errors;
    double predicted = 0;
    double measured = 0;

    [[nodiscard]] ErrorSummary summary() const;
  };
  std::array<Column, kMethods.size()> columns_;
  std::vector<PredictedPoint> points_;
};

/// Errors of every method on the same rows, in the order of kMethods. A method without predictions has no rows.
struct RegionResult {
  std::string family;
  std::string region;
  std::string device;      // "all" for the rows of all devices together
  std::string source;      // of an unseen device: the one that weighs most
  double target_mean = 0;  // percent; 0: none stated
  double target_p95 = 0;
  double target_bias = 0;
  std::array<ErrorSummary, kMethods.size()> errors;
  std::vector<PredictedPoint> points;  // of one device, a sample
  ErrorTally tally;                    // of all devices together

  [[nodiscard]] const ErrorSummary& fitted() const { return errors[0]; }
  [[nodiscard]] bool has_target() const { return target_mean > 0 || target_p95 > 0; }
  /// Whether the stated targets are reached; true when none is stated.
  [[nodiscard]] bool met() const;
};

/// Results of one region, device by device, then over all devices.
class RegionResults {
 public:
  RegionResults(std::string_view family, std::string_view region, double target_mean, double target_p95,
                double target_bias = 0);

  /// A tally without predictions adds nothing.
  void add(const std::string& device, const ErrorTally& tally, const std::string& source = {});
  void append_to(std::vector<RegionResult>& out) const;

 private:
  RegionResult header_;
  std::vector<RegionResult> rows_;
  ErrorTally all_;
};

}  // namespace cleave::fit
